-- One row a payee, plan and period that has entries: what becomes payable in it, after adjustments, holdbacks and
-- clawbacks and before draws, what the pay run recovers of clawbacks, and how much more is credited than earned. Held
-- whole while something of it is unknown.
{%- set net_floor %}
    case
        when plans_with_clawback.net_floor_currency_code <> periods_added.currency_code then 0
        else plans_with_clawback.net_floor_amount
    end
{%- endset %}
with entries as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        calendar_id,
        period_id,
        currency_code,
        entry_kind_code,
        entry_amount,
        adjustment_amount,
        is_held
    from {{ ref('int_pay_payable_entries') }}
),

kinds as (
    select
        entry_kind_code,
        debit_account_code,
        credit_account_code
    from {{ ref('int_pay_entry_kinds') }}
),

plans_with_clawback as (
    select
        rule_set_id,
        plan_id,
        max(most_per_run_ratio) as most_per_run_ratio,
        max(net_floor_amount) as net_floor_amount,
        max(net_floor_currency_code) as net_floor_currency_code,
        max(case when is_consent_needed then 1 else 0 end) = 1 as is_consent_needed,
        max(case when is_taken_from_final_pay then 1 else 0 end) = 1 as is_taken_from_final_pay
    from {{ ref('stg_planning__payable_terms') }}
    where clawback_days is not null
    group by rule_set_id, plan_id
),

closed_periods as (
    select
        rule_set_id,
        plan_id,
        period_id
    from {{ ref('stg_planning__closed_periods') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        start_date,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

consents as (
    select
        rule_set_id,
        payee_id,
        consent_date
    from {{ ref('stg_planning__recovery_consents') }}
),

employees as (
    select
        employee_id,
        termination_date
    from {{ ref('stg_people__employees') }}
),

openings as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        max(opening_date) as opening_date,
        max(opening_amount) as opening_amount,
        max(currency_code) as currency_code,
        count(*) as opening_count
    from {{ ref('stg_planning__opening_entries') }}
    where entry_code = 'clawback_owed'
    group by rule_set_id, payee_id, plan_id
),

-- Clawbacks of closed periods are in no entry: what is owed of them is an opening entry.
clawbacks_closed as (
    select
        clawbacks.rule_set_id,
        clawbacks.payee_id,
        clawbacks.plan_id,
        max(clawbacks.entry_date) as last_closed_date
    from {{ ref('int_pay_clawbacks') }} as clawbacks
    inner join closed_periods
        on
            clawbacks.rule_set_id = closed_periods.rule_set_id
            and clawbacks.plan_id = closed_periods.plan_id
            and clawbacks.period_id = closed_periods.period_id
    where clawbacks.entry_kind_code = 'clawback'
    group by clawbacks.rule_set_id, clawbacks.payee_id, clawbacks.plan_id
),

entries_on_payable as (
    select
        entries.rule_set_id,
        entries.payee_id,
        entries.plan_id,
        entries.calendar_id,
        entries.period_id,
        entries.currency_code,
        case
            when kinds.credit_account_code = 'payable' then entries.entry_amount
            when kinds.debit_account_code = 'payable' then -entries.entry_amount
            else 0
        end as payable_amount,
        -- What is cancelled before it is earned is not earned by that.
        case
            when entries.entry_kind_code in ('cancelled_credited', 'cancelled_advance') then 0
            when kinds.credit_account_code = 'credited_not_earned' then entries.entry_amount
            when kinds.debit_account_code = 'credited_not_earned' then -entries.entry_amount
            else 0
        end as unearned_amount,
        case when entries.entry_kind_code = 'clawback' then entries.entry_amount else 0 end as clawback_amount,
        entries.adjustment_amount,
        entries.is_held and 'payable' in (kinds.debit_account_code, kinds.credit_account_code) as is_held,
        entries.is_held and 'credited_not_earned' in (kinds.debit_account_code, kinds.credit_account_code)
            as is_unearned_held,
        entries.is_held and entries.entry_kind_code = 'clawback' as is_clawback_held
    from entries
    inner join kinds
        on entries.entry_kind_code = kinds.entry_kind_code
),

periods_added as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        calendar_id,
        period_id,
        currency_code,
        coalesce(sum(payable_amount), 0) as payable_amount,
        coalesce(sum(unearned_amount), 0) as unearned_amount,
        coalesce(sum(clawback_amount), 0) as clawback_amount,
        coalesce(sum(adjustment_amount), 0) as adjustment_amount,
        max(case when is_held then 1 else 0 end) = 1 as is_held,
        max(case when is_unearned_held then 1 else 0 end) = 1 as is_unearned_held,
        max(case when is_clawback_held then 1 else 0 end) = 1 as is_clawback_held
    from entries_on_payable
    group by rule_set_id, payee_id, plan_id, calendar_id, period_id, currency_code
),

-- What a pay run may take: nothing without a consent that is needed, nor after leaving where that stays owed.
periods_limited as (
    select
        periods_added.rule_set_id,
        periods_added.payee_id,
        periods_added.plan_id,
        periods_added.period_id,
        calendars.start_date,
        calendars.end_date,
        periods_added.clawback_amount,
        periods_added.is_held,
        -- Nobody knows what a floor in one currency leaves of pay in another.
        coalesce(plans_with_clawback.net_floor_currency_code <> periods_added.currency_code, false)
            as is_floor_unknown,
        coalesce(openings.opening_amount, 0) as opening_amount,
        periods_added.is_clawback_held
        or coalesce(openings.opening_count > 1 or openings.currency_code <> periods_added.currency_code, false)
        or (
            clawbacks_closed.last_closed_date is not null
            and clawbacks_closed.last_closed_date >= coalesce(openings.opening_date, clawbacks_closed.last_closed_date)
        ) as is_unknown,
        case
            when periods_added.is_held or closed_periods.period_id is not null then 0
            when plans_with_clawback.is_consent_needed and consents.consent_date is null then 0
            when not plans_with_clawback.is_taken_from_final_pay and employees.termination_date <= calendars.end_date
                then 0
            else least(
                {{ round_to_minor_unit(
                    multiply_exact(
                        'greatest(periods_added.payable_amount, 0)', 'plans_with_clawback.most_per_run_ratio'
                    ),
                    minor_unit_digits('periods_added.currency_code'),
                    "'down'"
                ) }},
                    greatest(greatest(periods_added.payable_amount, 0) - {{ net_floor }}, 0)
                )
        end as most_amount
    from periods_added
    inner join plans_with_clawback
        on
            periods_added.rule_set_id = plans_with_clawback.rule_set_id
            and periods_added.plan_id = plans_with_clawback.plan_id
    inner join calendars
        on
            periods_added.rule_set_id = calendars.rule_set_id
            and periods_added.calendar_id = calendars.calendar_id
            and periods_added.period_id = calendars.period_id
    left join closed_periods
        on
            periods_added.rule_set_id = closed_periods.rule_set_id
            and periods_added.plan_id = closed_periods.plan_id
            and periods_added.period_id = closed_periods.period_id
    left join openings
        on
            periods_added.rule_set_id = openings.rule_set_id
            and periods_added.payee_id = openings.payee_id
            and periods_added.plan_id = openings.plan_id
    left join clawbacks_closed
        on
            periods_added.rule_set_id = clawbacks_closed.rule_set_id
            and periods_added.payee_id = clawbacks_closed.payee_id
            and periods_added.plan_id = clawbacks_closed.plan_id
    left join consents
        on
            periods_added.rule_set_id = consents.rule_set_id
            and periods_added.payee_id = consents.payee_id
            and calendars.end_date >= consents.consent_date
    left join employees
        on periods_added.payee_id = employees.employee_id
    where closed_periods.period_id is null and calendars.end_date >= coalesce(openings.opening_date, calendars.end_date)
),

-- What is owed never falls below zero: it is the sum of what comes and goes, less the lowest that sum has been.
{%- set so_far = 'partition by rule_set_id, payee_id, plan_id order by start_date rows between unbounded preceding' %}

sums_to_date as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        start_date,
        end_date,
        clawback_amount,
        is_held,
        is_floor_unknown,
        is_unknown,
        most_amount,
        opening_amount + sum(clawback_amount - most_amount) over ({{ so_far }} and current row) as sum_amount
    from periods_limited
),

balances as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        start_date,
        end_date,
        is_held,
        is_floor_unknown,
        is_unknown,
        most_amount,
        sum_amount - least(min(sum_amount) over ({{ so_far }} and current row), 0) as owed_amount,
        sum_amount + most_amount - least(coalesce(min(sum_amount) over ({{ so_far }} and 1 preceding), 0), 0)
            as owed_before_amount
    from sums_to_date
),

recoveries as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        owed_before_amount - owed_amount as recovered_amount,
        owed_amount,
        most_amount,
        end_date,
        max(
            case
                when is_unknown or (is_held and owed_before_amount > 0) then 1
                when is_floor_unknown and owed_before_amount > 0 and most_amount > 0 then 1
                else 0
            end
        ) over ({{ so_far }} and current row) = 1 as is_unknown
    from balances
)

select
    periods_added.rule_set_id,
    periods_added.payee_id,
    periods_added.plan_id,
    periods_added.calendar_id,
    periods_added.period_id,
    periods_added.currency_code,
    case when not periods_added.is_unearned_held then cast(periods_added.unearned_amount as {{ pay_type() }}) end
        as unearned_amount,
    case
        when not periods_added.is_held and not (coalesce(recoveries.is_unknown, false) and recoveries.most_amount > 0)
            then cast(
                    periods_added.payable_amount - coalesce(recoveries.recovered_amount, 0) as {{ pay_type() }}
                )
    end as payable_amount,
    -- What of it adjusts closed periods.
    case when not periods_added.is_held then cast(periods_added.adjustment_amount as {{ pay_type() }}) end
        as adjustment_amount,
    case
        when recoveries.is_unknown and recoveries.most_amount > 0 then null
        else cast(coalesce(recoveries.recovered_amount, 0) as {{ pay_type() }})
    end as recovered_amount,
    case when not recoveries.is_unknown then cast(recoveries.owed_amount as {{ pay_type() }}) end as owed_amount,
    recoveries.end_date,
    periods_added.is_held or coalesce(recoveries.is_unknown and recoveries.most_amount > 0, false) as is_held
from periods_added
left join recoveries
    on
        periods_added.rule_set_id = recoveries.rule_set_id
        and periods_added.payee_id = recoveries.payee_id
        and periods_added.plan_id = recoveries.plan_id
        and periods_added.period_id = recoveries.period_id
