-- One row a payee, plan, draw and pay period in which the payee has the draw: what is granted, whether it lasts, and
-- the readings that hold then. A draw is granted in the plan's currency; where pay goes out in another it is converted
-- at the rate of the period's last day, or of its first where it is paid in advance, and owed from then on as it was
-- advanced; so is what is recovered at most. Rows for plans with draws alone.
{%- set converted = {} %}
{%- for name in ['plan_granted_amount', 'most_recovered_amount'] %}
{%- do converted.update({
    name: convert_exactly('cast(' ~ name ~ ' as ' ~ pay_type() ~ ')', 'exchange_rate', 'inverse_rate')
}) %}
{%- endfor %}
with draws as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        draw_id,
        draw_order,
        style_code,
        is_personal,
        coalesce(is_prorated, false) as is_prorated,
        first_recovery_date,
        most_recovered_amount,
        ends_on_date,
        most_per_run_ratio,
        net_floor_amount,
        net_floor_currency_code,
        is_consent_needed,
        coalesce(is_taken_from_final_pay, true) as is_taken_from_final_pay,
        adjustments_code,
        disbursement_code,
        negative_code,
        posting_code,
        end_code,
        rounding_method_code
    from {{ ref('stg_planning__draws') }}
),

leavers as (
    select
        employee_id,
        termination_date
    from {{ ref('stg_people__employees') }}
    where termination_date is not null
),

draw_grants as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        draw_id,
        valid_from_date,
        coalesce(valid_to_date, {{ far_future_date() }}) as valid_to_date,
        draw_amount
    from {{ ref('stg_planning__draw_grants') }}
),

draw_amounts as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        valid_from_date,
        coalesce(valid_to_date, {{ far_future_date() }}) as valid_to_date,
        draw_amount,
        currency_code
    from {{ ref('stg_planning__draw_amounts') }}
),

openings as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        max(opening_date) as opening_date,
        max(opening_amount) as opening_amount,
        max(currency_code) as currency_code,
        count(*) as opening_count
    from {{ ref('stg_planning__opening_entries') }}
    where entry_code = 'draw_owed'
    group by rule_set_id, payee_id, plan_id, draw_id
),

consents as (
    select
        rule_set_id,
        payee_id,
        consent_date
    from {{ ref('stg_planning__recovery_consents') }}
),

plans as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        currency_code,
        minor_unit_digits
    from {{ ref('stg_planning__plans') }}
),

-- Rows only where pay goes out in another currency than the plan's.
rate_sources as (
    select distinct
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        payout_rate_source_number,
        payout_rate_table_id,
        payout_rate_kind_code,
        payout_rate_day_code
    from {{ ref('int_pay_enrolments') }}
    where payout_rate_source_number is not null
),

rates as (
    select
        rate_source_number,
        sale_date,
        rate_date,
        rate_kind_code,
        rate_direction_code,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_rates') }}
    where use_code = 'payout'
),

prorations as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        stretch_period_id,
        numerator_count,
        denominator_count
    from {{ ref('int_pay_span_prorations') }}
    where
        component_id is null
        and per_code = 'period'
),

last_days as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        max(plan_to_date) as plan_to_date
    from {{ ref('int_pay_enrolments') }}
    group by rule_set_id, payee_id, plan_id
),

totals as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        calendar_id,
        period_id,
        start_date,
        end_date,
        currency_code
    from {{ ref('int_pay_totals') }}
),

periods_of_draws as (
    select
        totals.rule_set_id,
        totals.payee_id,
        totals.plan_id,
        totals.plan_version,
        totals.calendar_id,
        totals.period_id,
        totals.start_date,
        totals.end_date,
        totals.currency_code,
        plans.currency_code as plan_currency_code,
        plans.minor_unit_digits,
        draws.draw_id,
        draws.draw_order,
        draws.style_code,
        draws.is_personal,
        draws.is_prorated,
        draws.first_recovery_date,
        draws.most_recovered_amount,
        draws.most_per_run_ratio,
        draws.net_floor_amount,
        draws.net_floor_currency_code,
        draws.is_consent_needed,
        draws.is_taken_from_final_pay,
        least(coalesce(draws.ends_on_date, last_days.plan_to_date), last_days.plan_to_date) as last_date,
        draws.adjustments_code,
        draws.disbursement_code,
        case when draws.disbursement_code = 'in_advance' then totals.start_date else totals.end_date end as draw_date,
        draws.negative_code,
        draws.posting_code,
        draws.end_code,
        draws.rounding_method_code
    from totals
    inner join draws
        on
            totals.rule_set_id = draws.rule_set_id
            and totals.plan_id = draws.plan_id
            and totals.plan_version = draws.plan_version
    inner join plans
        on
            totals.rule_set_id = plans.rule_set_id
            and totals.plan_id = plans.plan_id
            and totals.plan_version = plans.plan_version
    inner join last_days
        on
            totals.rule_set_id = last_days.rule_set_id
            and totals.payee_id = last_days.payee_id
            and totals.plan_id = last_days.plan_id
),

-- Who has a draw: everybody on the plan, or where it is personal whoever has an amount or owes something of it.
payees_with_draws as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id
    from draw_amounts
    union
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id
    from openings
),

personal_amounts as (
    select
        periods_of_draws.rule_set_id,
        periods_of_draws.payee_id,
        periods_of_draws.plan_id,
        periods_of_draws.draw_id,
        periods_of_draws.period_id,
        count(*) as amount_count,
        max(draw_amounts.draw_amount) as draw_amount,
        max(case
            when draw_amounts.currency_code <> periods_of_draws.plan_currency_code then 1
            else 0
        end) as is_other_currency
    from periods_of_draws
    inner join draw_amounts
        on
            periods_of_draws.rule_set_id = draw_amounts.rule_set_id
            and periods_of_draws.payee_id = draw_amounts.payee_id
            and periods_of_draws.plan_id = draw_amounts.plan_id
            and periods_of_draws.draw_id = draw_amounts.draw_id
            and periods_of_draws.start_date >= draw_amounts.valid_from_date
            and periods_of_draws.start_date <= draw_amounts.valid_to_date
    where periods_of_draws.is_personal
    group by
        periods_of_draws.rule_set_id,
        periods_of_draws.payee_id,
        periods_of_draws.plan_id,
        periods_of_draws.draw_id,
        periods_of_draws.period_id
),

draws_granted as (
    select
        periods_of_draws.rule_set_id,
        periods_of_draws.payee_id,
        periods_of_draws.plan_id,
        periods_of_draws.plan_version,
        periods_of_draws.calendar_id,
        periods_of_draws.period_id,
        periods_of_draws.start_date,
        periods_of_draws.end_date,
        periods_of_draws.currency_code,
        periods_of_draws.plan_currency_code,
        {{ minor_unit_digits('periods_of_draws.currency_code') }} as minor_unit_digits,
        periods_of_draws.rounding_method_code,
        rate_sources.payee_id is not null as is_converted,
        rates.rate_date,
        rates.rate_kind_code,
        rates.rate_direction_code,
        rates.exchange_rate,
        rates.inverse_rate,
        {{ no_rate_text(
            'rate_sources.payout_rate_kind_code', 'periods_of_draws.plan_currency_code',
            'periods_of_draws.currency_code', 'rate_sources.payout_rate_day_code', 'periods_of_draws.draw_date',
            'rate_sources.payout_rate_table_id'
        ) }} as no_rate_text,
        periods_of_draws.draw_id,
        periods_of_draws.draw_order,
        periods_of_draws.style_code,
        periods_of_draws.most_recovered_amount,
        periods_of_draws.most_per_run_ratio,
        periods_of_draws.net_floor_amount,
        periods_of_draws.net_floor_currency_code,
        periods_of_draws.adjustments_code,
        periods_of_draws.disbursement_code,
        periods_of_draws.negative_code,
        periods_of_draws.posting_code,
        periods_of_draws.end_code,
        periods_of_draws.start_date <= periods_of_draws.last_date as is_lasting,
        periods_of_draws.end_date >= periods_of_draws.last_date as is_ended,
        coalesce(
            periods_of_draws.start_date >= periods_of_draws.first_recovery_date, true
        ) as is_recovering,
        (not periods_of_draws.is_consent_needed or consents.consent_date is not null)
        and (
            periods_of_draws.is_taken_from_final_pay
            or coalesce(leavers.termination_date > periods_of_draws.end_date, true)
        ) as is_permitted,
        case
            when periods_of_draws.start_date > periods_of_draws.last_date then 0
            when periods_of_draws.is_prorated and prorations.numerator_count is not null
                then {{ prorated_money(
                    'coalesce(draw_grants.draw_amount, personal_amounts.draw_amount, 0)',
                    'prorations.numerator_count',
                    'prorations.denominator_count',
                    'periods_of_draws.minor_unit_digits'
                ) }}
            else coalesce(draw_grants.draw_amount, personal_amounts.draw_amount, 0)
        end as plan_granted_amount,
        coalesce(openings.opening_amount, 0) as opening_amount,
        case
            when personal_amounts.amount_count > 1
                then 'payee ' || periods_of_draws.payee_id || ' has two amounts of draw ' || periods_of_draws.draw_id
            when personal_amounts.is_other_currency = 1
                then 'the amount of draw ' || periods_of_draws.draw_id || ' of payee ' || periods_of_draws.payee_id
                    || ' is not in the currency of the plan'
            when
                personal_amounts.draw_amount < 0
                or {{ round_to_minor_unit(
                    'cast(personal_amounts.draw_amount as ' ~ pay_type() ~ ')',
                    'periods_of_draws.minor_unit_digits',
                    "'down'"
                ) }} <> personal_amounts.draw_amount
                then 'the amount of draw ' || periods_of_draws.draw_id || ' of payee ' || periods_of_draws.payee_id
                    || ' is below 0 or not in whole minor units'
            when openings.opening_count > 1
                then 'what payee ' || periods_of_draws.payee_id || ' owes of draw ' || periods_of_draws.draw_id
                    || ' stands twice among the opening entries'
            when openings.currency_code <> periods_of_draws.currency_code
                then 'what payee ' || periods_of_draws.payee_id || ' owes of draw ' || periods_of_draws.draw_id
                    || ' is not in ' || periods_of_draws.currency_code || ', the currency in which the payee is paid'
            when
                periods_of_draws.style_code <> 'guarantee'
                and periods_of_draws.net_floor_currency_code <> periods_of_draws.currency_code
                then 'the net floor of the country profile is not in ' || periods_of_draws.currency_code
                    || ', the currency in which payee ' || periods_of_draws.payee_id || ' is paid'
        end as hold_text
    from periods_of_draws
    left join draw_grants
        on
            periods_of_draws.rule_set_id = draw_grants.rule_set_id
            and periods_of_draws.plan_id = draw_grants.plan_id
            and periods_of_draws.plan_version = draw_grants.plan_version
            and periods_of_draws.draw_id = draw_grants.draw_id
            and periods_of_draws.start_date >= draw_grants.valid_from_date
            and periods_of_draws.start_date <= draw_grants.valid_to_date
    left join personal_amounts
        on
            periods_of_draws.rule_set_id = personal_amounts.rule_set_id
            and periods_of_draws.payee_id = personal_amounts.payee_id
            and periods_of_draws.plan_id = personal_amounts.plan_id
            and periods_of_draws.draw_id = personal_amounts.draw_id
            and periods_of_draws.period_id = personal_amounts.period_id
    left join payees_with_draws
        on
            periods_of_draws.rule_set_id = payees_with_draws.rule_set_id
            and periods_of_draws.payee_id = payees_with_draws.payee_id
            and periods_of_draws.plan_id = payees_with_draws.plan_id
            and periods_of_draws.draw_id = payees_with_draws.draw_id
    left join consents
        on
            periods_of_draws.rule_set_id = consents.rule_set_id
            and periods_of_draws.payee_id = consents.payee_id
            and periods_of_draws.end_date >= consents.consent_date
    left join leavers
        on periods_of_draws.payee_id = leavers.employee_id
    left join openings
        on
            periods_of_draws.rule_set_id = openings.rule_set_id
            and periods_of_draws.payee_id = openings.payee_id
            and periods_of_draws.plan_id = openings.plan_id
            and periods_of_draws.draw_id = openings.draw_id
    left join prorations
        on
            periods_of_draws.rule_set_id = prorations.rule_set_id
            and periods_of_draws.payee_id = prorations.payee_id
            and periods_of_draws.plan_id = prorations.plan_id
            and periods_of_draws.period_id = prorations.stretch_period_id
    left join rate_sources
        on
            periods_of_draws.rule_set_id = rate_sources.rule_set_id
            and periods_of_draws.payee_id = rate_sources.payee_id
            and periods_of_draws.plan_id = rate_sources.plan_id
            and periods_of_draws.plan_version = rate_sources.plan_version
    left join rates
        on
            rate_sources.payout_rate_source_number = rates.rate_source_number
            and periods_of_draws.draw_date = rates.sale_date
    where
        (not periods_of_draws.is_personal or payees_with_draws.payee_id is not null)
        -- The earlier system computed what lies before the opening.
        and (openings.opening_date is null or openings.opening_date <= periods_of_draws.end_date)
),

-- Converted once, and rounded below: an amount that a rounding repeats is worked out before it.
draws_converted as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        calendar_id,
        period_id,
        start_date,
        end_date,
        currency_code,
        minor_unit_digits,
        draw_id,
        draw_order,
        style_code,
        plan_granted_amount,
        most_recovered_amount,
        rounding_method_code,
        is_converted,
        plan_currency_code,
        rate_date,
        rate_kind_code,
        rate_direction_code,
        exchange_rate,
        inverse_rate,
        is_ended,
        is_lasting,
        is_recovering,
        is_permitted,
        most_per_run_ratio,
        net_floor_amount,
        adjustments_code,
        disbursement_code,
        negative_code,
        posting_code,
        end_code,
        opening_amount,
        no_rate_text,
        hold_text,
        case when is_converted then {{ converted.plan_granted_amount }} end as converted_granted_amount,
        case when is_converted then {{ converted.most_recovered_amount }} end as converted_most_amount
    from draws_granted
)

select
    rule_set_id,
    payee_id,
    plan_id,
    plan_version,
    calendar_id,
    period_id,
    start_date,
    end_date,
    currency_code,
    minor_unit_digits,
    draw_id,
    draw_order,
    style_code,
    cast(plan_granted_amount as {{ pay_type() }}) as plan_granted_amount,
    cast(case
        when not is_converted or plan_granted_amount = 0 then plan_granted_amount
        else {{ round_to_minor_unit('converted_granted_amount', 'minor_unit_digits', 'rounding_method_code') }}
    end as {{ pay_type() }}) as granted_amount,
    plan_currency_code,
    rate_date,
    rate_kind_code,
    rate_direction_code,
    exchange_rate,
    inverse_rate,
    -- The first period that reaches the last day.
    is_ended and not coalesce(lag(is_ended) over (
        partition by rule_set_id, payee_id, plan_id, draw_id
        order by start_date
    ), false) as is_last,
    is_lasting,
    is_recovering,
    is_permitted,
    cast(case
        when not is_converted or most_recovered_amount is null then most_recovered_amount
        else {{ round_to_minor_unit('converted_most_amount', 'minor_unit_digits', "'down'") }}
    end as {{ pay_type() }}) as most_recovered_amount,
    most_per_run_ratio,
    net_floor_amount,
    adjustments_code,
    disbursement_code,
    negative_code,
    posting_code,
    end_code,
    cast(opening_amount as {{ pay_type() }}) as opening_amount,
    coalesce(
        hold_text,
        case
            when
                is_converted
                and exchange_rate is null
                and (plan_granted_amount > 0 or most_recovered_amount is not null)
                then no_rate_text
        end
    ) as hold_text
from draws_converted
