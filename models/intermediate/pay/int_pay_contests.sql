-- One row a payee, contest and window that is over: rank, and prize in whole minor units. Who reaches the minimum and
-- sold anything has a rank, equal measures an equal one; so must who waits for a gate that is read before the ranking,
-- by what was credited to date in its measure's window. Prizes go in the order of ranks until the budget is used; what
-- several of one rank share adds up to the minor unit, the rest one unit each by payee.
with payee_periods as (
    select
        scope_number,
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        window_period_id,
        window_start_date,
        window_end_date,
        event_date,
        hold_text
    from {{ ref('int_pay_payee_periods') }}
    -- Who has the component on the last day of the window takes part.
    where event_kind_code = 'contest' and event_date = window_end_date
),

enrolments as (
    select
        enrolment_number,
        minor_unit_digits
    from {{ ref('int_pay_enrolments') }}
),

period_components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        of_component_id,
        ties_code,
        minimum_amount,
        budget_amount,
        measured_component_id,
        threshold_amount,
        threshold_ratio,
        boundary_code
    from {{ ref('stg_planning__period_components') }}
),

prizes as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        part_number as place_number,
        amount
    from {{ ref('stg_planning__period_component_parts') }}
    where part_code = 'prize'
),

component_days as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        credit_date,
        measure_amount,
        hold_text
    from {{ ref('int_pay_component_days') }}
),

participants as (
    select
        payee_periods.scope_number,
        payee_periods.enrolment_number,
        payee_periods.rule_set_id,
        payee_periods.payee_id,
        payee_periods.plan_id,
        payee_periods.plan_version,
        payee_periods.component_id,
        payee_periods.period_id,
        payee_periods.window_period_id,
        payee_periods.event_date,
        payee_periods.hold_text,
        enrolments.minor_unit_digits,
        period_components.of_component_id,
        period_components.ties_code,
        period_components.minimum_amount,
        period_components.budget_amount,
        period_components.measured_component_id,
        period_components.threshold_amount,
        period_components.threshold_ratio,
        period_components.boundary_code,
        payee_periods.window_start_date,
        payee_periods.window_end_date
    from payee_periods
    inner join enrolments
        on payee_periods.enrolment_number = enrolments.enrolment_number
    inner join period_components
        on
            payee_periods.rule_set_id = period_components.rule_set_id
            and payee_periods.plan_id = period_components.plan_id
            and payee_periods.plan_version = period_components.plan_version
            and payee_periods.component_id = period_components.component_id
),

measured as (
    select
        participants.scope_number,
        sum(component_days.measure_amount) as measure_amount,
        max(component_days.hold_text) as hold_text
    from participants
    inner join component_days
        on
            participants.rule_set_id = component_days.rule_set_id
            and participants.payee_id = component_days.payee_id
            and participants.plan_id = component_days.plan_id
            and participants.of_component_id = component_days.component_id
            and participants.window_start_date <= component_days.credit_date
            and participants.window_end_date >= component_days.credit_date
    group by participants.scope_number
),

scopes as (
    select
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        scopes.segment_from_date,
        scopes.segment_to_date,
        quotas.from_date as quota_from_date,
        quotas.to_date as quota_to_date,
        quotas.quota_amount
    from {{ ref('int_pay_scopes') }} as scopes
    inner join {{ ref('int_pay_quotas_dated') }} as quotas
        on scopes.scope_number = quotas.scope_number
),

-- Rows only for gates that are read before the ranking.
participants_gated as (
    select
        participants.scope_number,
        participants.rule_set_id,
        participants.payee_id,
        participants.plan_id,
        participants.measured_component_id,
        participants.window_end_date,
        participants.boundary_code,
        participants.threshold_ratio,
        scopes.segment_from_date,
        coalesce(
            cast(participants.threshold_amount as {{ pay_type() }}),
            cast(
                {{ multiply_exact(
                    'cast(scopes.quota_amount as ' ~ pay_type() ~ ')', 'participants.threshold_ratio'
                ) }}
                as {{ pay_type() }}
            )
        ) as threshold_amount
    from participants
    left join scopes
        on
            participants.rule_set_id = scopes.rule_set_id
            and participants.payee_id = scopes.payee_id
            and participants.plan_id = scopes.plan_id
            and participants.measured_component_id = scopes.component_id
            and participants.window_end_date >= scopes.segment_from_date
            and participants.window_end_date <= scopes.segment_to_date
            and participants.window_end_date >= scopes.quota_from_date
            and participants.window_end_date <= scopes.quota_to_date
    where participants.measured_component_id is not null
),

measures_of_gates as (
    select
        participants_gated.scope_number,
        sum(component_days.measure_amount) as measure_amount,
        max(component_days.hold_text) as hold_text
    from participants_gated
    inner join component_days
        on
            participants_gated.rule_set_id = component_days.rule_set_id
            and participants_gated.payee_id = component_days.payee_id
            and participants_gated.plan_id = component_days.plan_id
            and participants_gated.measured_component_id = component_days.component_id
            and participants_gated.segment_from_date <= component_days.credit_date
            and participants_gated.window_end_date >= component_days.credit_date
    group by participants_gated.scope_number
),

gates as (
    select
        participants_gated.scope_number,
        participants_gated.measured_component_id,
        participants_gated.threshold_amount,
        cast(coalesce(measures_of_gates.measure_amount, 0) as {{ pay_type() }}) as measure_amount,
        case participants_gated.boundary_code
            when 'upper' then coalesce(measures_of_gates.measure_amount, 0) >= participants_gated.threshold_amount
            else coalesce(measures_of_gates.measure_amount, 0) > participants_gated.threshold_amount
        end as is_open,
        case
            when measures_of_gates.hold_text is not null
                then participants_gated.measured_component_id || ', which the gate reads: '
                    || measures_of_gates.hold_text
            when participants_gated.threshold_amount is null
                then 'payee ' || participants_gated.payee_id || ' has no quota for '
                    || participants_gated.measured_component_id || ', which the gate reads'
        end as hold_text
    from participants_gated
    left join measures_of_gates
        on participants_gated.scope_number = measures_of_gates.scope_number
),

-- One measure that is unknown may be the highest: it holds every rank.
standings as (
    select
        participants.scope_number,
        participants.enrolment_number,
        participants.rule_set_id,
        participants.payee_id,
        participants.plan_id,
        participants.plan_version,
        participants.component_id,
        participants.period_id,
        participants.window_period_id,
        participants.event_date,
        participants.minor_unit_digits,
        participants.of_component_id,
        participants.ties_code,
        participants.budget_amount,
        cast(coalesce(measured.measure_amount, 0) as {{ pay_type() }}) as measure_amount,
        coalesce(measured.measure_amount, 0) > 0
        and coalesce(measured.measure_amount, 0) >= coalesce(participants.minimum_amount, 0)
        and coalesce(gates.is_open, true) as is_ranked,
        case
            when not gates.is_open
                then ', and ' || gates.measured_component_id || ', which the gate reads, to '
                    || {{ number_in_words('gates.measure_amount') }} || ' of '
                    || {{ number_in_words('gates.threshold_amount') }}
            else ''
        end as gate_text,
        max(
            coalesce(participants.hold_text, measured.hold_text, gates.hold_text)
        ) over (
            partition by
                participants.rule_set_id,
                participants.plan_id,
                participants.component_id,
                participants.window_period_id
        ) as hold_text
    from participants
    left join measured
        on participants.scope_number = measured.scope_number
    left join gates
        on participants.scope_number = gates.scope_number
),

ranks as (
    select
        scope_number,
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        window_period_id,
        event_date,
        minor_unit_digits,
        of_component_id,
        ties_code,
        budget_amount,
        measure_amount,
        rank() over (
            partition by rule_set_id, plan_id, component_id, window_period_id
            order by measure_amount desc
        ) as rank_number
    from standings
    where is_ranked and hold_text is null
),

ranks_shared as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        window_period_id,
        rank_number,
        max(ties_code) as ties_code,
        max(budget_amount) as budget_amount,
        count(*) as payee_count
    from ranks
    group by rule_set_id, plan_id, plan_version, component_id, window_period_id, rank_number
),

-- What all of one rank have together, before the budget.
ranks_with_prizes as (
    select
        ranks_shared.rule_set_id,
        ranks_shared.plan_id,
        ranks_shared.component_id,
        ranks_shared.window_period_id,
        ranks_shared.rank_number,
        ranks_shared.payee_count,
        ranks_shared.budget_amount,
        cast(coalesce(sum(
            case
                when ranks_shared.ties_code = 'shared' then prizes.amount
                when prizes.place_number = ranks_shared.rank_number then prizes.amount * ranks_shared.payee_count
            end
        ), 0) as {{ pay_type() }}) as prize_amount
    from ranks_shared
    left join prizes
        on
            ranks_shared.rule_set_id = prizes.rule_set_id
            and ranks_shared.plan_id = prizes.plan_id
            and ranks_shared.plan_version = prizes.plan_version
            and ranks_shared.component_id = prizes.component_id
            and ranks_shared.rank_number <= prizes.place_number
            and ranks_shared.rank_number + ranks_shared.payee_count > prizes.place_number
    group by
        ranks_shared.rule_set_id,
        ranks_shared.plan_id,
        ranks_shared.component_id,
        ranks_shared.window_period_id,
        ranks_shared.rank_number,
        ranks_shared.payee_count,
        ranks_shared.budget_amount
),

ranks_accumulated as (
    select
        rule_set_id,
        plan_id,
        component_id,
        window_period_id,
        rank_number,
        payee_count,
        budget_amount,
        prize_amount,
        sum(prize_amount) over (
            partition by rule_set_id, plan_id, component_id, window_period_id
            order by rank_number
            rows between unbounded preceding and current row
        ) as accumulated_amount
    from ranks_with_prizes
),

-- The rank that reaches the budget gets the rest, later ones nothing.
ranks_in_budget as (
    select
        rule_set_id,
        plan_id,
        component_id,
        window_period_id,
        rank_number,
        payee_count,
        case
            when budget_amount is null then prize_amount
            else least(accumulated_amount, budget_amount) - least(accumulated_amount - prize_amount, budget_amount)
        end as prize_amount
    from ranks_accumulated
),

ranks_in_units as (
    select
        ranks.scope_number,
        ranks.minor_unit_digits,
        ranks.rank_number,
        ranks_in_budget.payee_count,
        {{ minor_units('ranks_in_budget.prize_amount', 'ranks.minor_unit_digits') }} as prize_units,
        row_number() over (
            partition by ranks.rule_set_id, ranks.plan_id, ranks.component_id, ranks.window_period_id, ranks.rank_number
            order by ranks.payee_id
        ) as payee_order
    from ranks
    inner join ranks_in_budget
        on
            ranks.rule_set_id = ranks_in_budget.rule_set_id
            and ranks.plan_id = ranks_in_budget.plan_id
            and ranks.component_id = ranks_in_budget.component_id
            and ranks.window_period_id = ranks_in_budget.window_period_id
            and ranks.rank_number = ranks_in_budget.rank_number
),

prizes_won as (
    select
        scope_number,
        rank_number,
        payee_count,
        {{ from_minor_units(
            '(prize_units // payee_count + case when payee_order <= prize_units % payee_count then 1 else 0 end)',
            'minor_unit_digits'
        ) }} as prize_amount
    from ranks_in_units
)

select
    standings.scope_number,
    standings.enrolment_number,
    standings.period_id,
    standings.window_period_id as event_id,
    standings.event_date,
    case
        when standings.hold_text is null then cast(coalesce(prizes_won.prize_amount, 0) as {{ pay_type() }})
    end as measure_amount,
    case
        when standings.hold_text is not null then standings.of_component_id || ' is held: ' || standings.hold_text
    end as hold_text,
    case
        when standings.hold_text is not null then null
        when prizes_won.rank_number is null
            then 'no rank in ' || standings.window_period_id || ': ' || standings.of_component_id || ' came to '
                || {{ number_in_words('standings.measure_amount') }} || standings.gate_text
        else 'rank ' || cast(prizes_won.rank_number as {{ dbt.type_string() }})
            || case
                when prizes_won.payee_count > 1
                    then ', shared by ' || cast(prizes_won.payee_count as {{ dbt.type_string() }})
                else ''
            end
            || ' in ' || standings.window_period_id || ': ' || standings.of_component_id || ' came to '
            || {{ number_in_words('standings.measure_amount') }}
    end as cause_text
from standings
left join prizes_won
    on standings.scope_number = prizes_won.scope_number
