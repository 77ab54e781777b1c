-- One row a posting of a closed period, as it was posted, and one row a component and closed period whose recomputation
-- differs from what was posted for it: an adjustment in the first open period. Rows where periods are closed alone.
with closed_periods as (
    select
        rule_set_id,
        plan_id,
        period_id
    from {{ ref('stg_planning__closed_periods') }}
),

posted_earnings as (
    select
        rule_set_id,
        posting_id,
        payee_id,
        plan_id,
        component_id,
        period_id,
        coalesce(origin_period_id, period_id) as origin_period_id,
        cast(coalesce(credited_amount, earned_amount) as {{ pay_type() }}) as posted_amount,
        cast(earned_amount as {{ pay_type() }}) as became_earned_amount,
        cast(payable_amount as {{ pay_type() }}) as payable_amount,
        currency_code
    from {{ ref('stg_planning__posted_earnings') }}
),

computed_lines as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        period_id,
        earned_amount,
        is_held
    from {{ ref('int_pay_lines') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        period_kind_code,
        start_date,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

enrolments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        calendar_id,
        pay_period_kind_code,
        payout_currency_code,
        enrolled_from_date,
        team_id,
        region_id
    from {{ ref('int_pay_enrolments') }}
),

-- This run may compute a part of the company.
scopes as (
    select distinct
        rule_set_id,
        payee_id,
        plan_id
    from {{ ref('int_pay_scopes') }}
),

plans_closed as (
    select distinct
        enrolments.rule_set_id,
        enrolments.plan_id,
        enrolments.calendar_id,
        enrolments.pay_period_kind_code
    from enrolments
    inner join closed_periods
        on
            enrolments.rule_set_id = closed_periods.rule_set_id
            and enrolments.plan_id = closed_periods.plan_id
),

periods_closed as (
    select
        closed_periods.rule_set_id,
        closed_periods.plan_id,
        closed_periods.period_id,
        plans_closed.calendar_id,
        plans_closed.pay_period_kind_code,
        calendars.start_date,
        calendars.end_date
    from closed_periods
    inner join plans_closed
        on
            closed_periods.rule_set_id = plans_closed.rule_set_id
            and closed_periods.plan_id = plans_closed.plan_id
    inner join calendars
        on
            plans_closed.rule_set_id = calendars.rule_set_id
            and plans_closed.calendar_id = calendars.calendar_id
            and closed_periods.period_id = calendars.period_id
),

last_days_closed as (
    select
        rule_set_id,
        plan_id,
        calendar_id,
        pay_period_kind_code,
        max(end_date) as closed_to_date
    from periods_closed
    group by rule_set_id, plan_id, calendar_id, pay_period_kind_code
),

first_periods_open as (
    select
        last_days_closed.rule_set_id,
        last_days_closed.plan_id,
        calendars.period_id,
        calendars.start_date,
        calendars.end_date
    from last_days_closed
    inner join calendars
        on
            last_days_closed.rule_set_id = calendars.rule_set_id
            and last_days_closed.calendar_id = calendars.calendar_id
            and last_days_closed.pay_period_kind_code = calendars.period_kind_code
            and calendars.start_date = {{ add_days('last_days_closed.closed_to_date', 1) }}
),

-- Team, region and version of a payee at the end of a closed period, or where none is known of that time the first.
payees_at_ends as (
    select
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        periods_closed.period_id,
        -- One; a payee with two is held.
        min(enrolments.payout_currency_code) as currency_code,
        {{ value_of_greatest('enrolments.plan_version', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as plan_version,
        {{ value_of_greatest('enrolments.team_id', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as team_id,
        {{ value_of_greatest('enrolments.region_id', 'enrolments.enrolled_from_date', 'enrolments.plan_version') }}
            as region_id
    from periods_closed
    inner join enrolments
        on
            periods_closed.rule_set_id = enrolments.rule_set_id
            and periods_closed.plan_id = enrolments.plan_id
    inner join scopes
        on
            enrolments.rule_set_id = scopes.rule_set_id
            and enrolments.payee_id = scopes.payee_id
            and enrolments.plan_id = scopes.plan_id
    where enrolments.enrolled_from_date <= periods_closed.end_date
    group by enrolments.rule_set_id, enrolments.payee_id, enrolments.plan_id, periods_closed.period_id
),

posted_lines as (
    select
        posted_earnings.rule_set_id,
        'posted:' || posted_earnings.posting_id as line_id,
        posted_earnings.payee_id,
        posted_earnings.plan_id,
        payees_at_ends.plan_version,
        posted_earnings.component_id,
        periods_closed.calendar_id,
        posted_earnings.period_id,
        case
            when posted_earnings.period_id = posted_earnings.origin_period_id then 'posted'
            else 'adjustment'
        end as line_kind_code,
        periods_closed.end_date as line_date,
        cast(null as {{ pay_type() }}) as recomputed_amount,
        posted_earnings.posted_amount,
        case
            when posted_earnings.currency_code = payees_at_ends.currency_code then posted_earnings.posted_amount
        end as earned_amount,
        case
            when posted_earnings.currency_code = payees_at_ends.currency_code then posted_earnings.payable_amount
        end as payable_amount,
        posted_earnings.became_earned_amount,
        payees_at_ends.currency_code,
        payees_at_ends.team_id,
        payees_at_ends.region_id,
        posted_earnings.currency_code <> payees_at_ends.currency_code as is_held,
        case
            when posted_earnings.currency_code <> payees_at_ends.currency_code then 'held: in another currency, '
            else ''
        end
        || 'posted when ' || posted_earnings.period_id || ' closed'
        || case
            when posted_earnings.period_id = posted_earnings.origin_period_id then ''
            else ', to adjust ' || posted_earnings.origin_period_id
        end as cause_text
    from posted_earnings
    inner join periods_closed
        on
            posted_earnings.rule_set_id = periods_closed.rule_set_id
            and posted_earnings.plan_id = periods_closed.plan_id
            and posted_earnings.period_id = periods_closed.period_id
    inner join payees_at_ends
        on
            posted_earnings.rule_set_id = payees_at_ends.rule_set_id
            and posted_earnings.payee_id = payees_at_ends.payee_id
            and posted_earnings.plan_id = payees_at_ends.plan_id
            and posted_earnings.period_id = payees_at_ends.period_id
),

-- Everything that was posted for a period, when it closed and later.
posted_for_origins as (
    select
        posted_earnings.rule_set_id,
        posted_earnings.payee_id,
        posted_earnings.plan_id,
        posted_earnings.component_id,
        posted_earnings.origin_period_id as period_id,
        sum(posted_earnings.posted_amount) as posted_amount,
        max(case when posted_earnings.currency_code <> payees_at_ends.currency_code then 1 else 0 end)
            as is_other_currency
    from posted_earnings
    inner join periods_closed
        on
            posted_earnings.rule_set_id = periods_closed.rule_set_id
            and posted_earnings.plan_id = periods_closed.plan_id
            and posted_earnings.period_id = periods_closed.period_id
    inner join payees_at_ends
        on
            posted_earnings.rule_set_id = payees_at_ends.rule_set_id
            and posted_earnings.payee_id = payees_at_ends.payee_id
            and posted_earnings.plan_id = payees_at_ends.plan_id
            and posted_earnings.period_id = payees_at_ends.period_id
    group by
        posted_earnings.rule_set_id,
        posted_earnings.payee_id,
        posted_earnings.plan_id,
        posted_earnings.component_id,
        posted_earnings.origin_period_id
),

recomputed as (
    select
        computed_lines.rule_set_id,
        computed_lines.payee_id,
        computed_lines.plan_id,
        computed_lines.component_id,
        computed_lines.period_id,
        sum(computed_lines.earned_amount) as recomputed_amount,
        max(case when computed_lines.is_held then 1 else 0 end) as is_held
    from computed_lines
    inner join closed_periods
        on
            computed_lines.rule_set_id = closed_periods.rule_set_id
            and computed_lines.plan_id = closed_periods.plan_id
            and computed_lines.period_id = closed_periods.period_id
    group by
        computed_lines.rule_set_id,
        computed_lines.payee_id,
        computed_lines.plan_id,
        computed_lines.component_id,
        computed_lines.period_id
),

differences as (
    select
        coalesce(recomputed.rule_set_id, posted_for_origins.rule_set_id) as rule_set_id,
        coalesce(recomputed.payee_id, posted_for_origins.payee_id) as payee_id,
        coalesce(recomputed.plan_id, posted_for_origins.plan_id) as plan_id,
        coalesce(recomputed.component_id, posted_for_origins.component_id) as component_id,
        coalesce(recomputed.period_id, posted_for_origins.period_id) as period_id,
        coalesce(recomputed.recomputed_amount, 0) as recomputed_amount,
        coalesce(posted_for_origins.posted_amount, 0) as posted_amount,
        coalesce(recomputed.is_held, 0) = 1 as is_unknown,
        coalesce(posted_for_origins.is_other_currency, 0) = 1 as is_other_currency
    from recomputed
    full outer join posted_for_origins
        on
            recomputed.rule_set_id = posted_for_origins.rule_set_id
            and recomputed.payee_id = posted_for_origins.payee_id
            and recomputed.plan_id = posted_for_origins.plan_id
            and coalesce(recomputed.component_id, '') = coalesce(posted_for_origins.component_id, '')
            and recomputed.period_id = posted_for_origins.period_id
),

adjustment_lines as (
    select
        differences.rule_set_id,
        'adjustment:' || differences.payee_id || ':' || differences.plan_id || ':'
        || coalesce(differences.component_id, '') || ':' || differences.period_id || ':'
        || first_periods_open.period_id as line_id,
        differences.payee_id,
        differences.plan_id,
        payees_at_ends.plan_version,
        differences.component_id,
        periods_closed.calendar_id,
        first_periods_open.period_id,
        'adjustment' as line_kind_code,
        first_periods_open.end_date as line_date,
        differences.recomputed_amount,
        differences.posted_amount,
        differences.is_unknown or differences.is_other_currency as is_held,
        payees_at_ends.currency_code,
        payees_at_ends.team_id,
        payees_at_ends.region_id,
        case
            when differences.is_other_currency
                then 'held: what was posted for ' || differences.period_id || ' is not in the currency of payout'
            when differences.is_unknown then 'held: a line of the closed period ' || differences.period_id || ' is held'
            else 'adjusts ' || differences.period_id || ', which recomputes to another amount than was posted for it'
        end as cause_text
    from differences
    inner join periods_closed
        on
            differences.rule_set_id = periods_closed.rule_set_id
            and differences.plan_id = periods_closed.plan_id
            and differences.period_id = periods_closed.period_id
    inner join first_periods_open
        on
            differences.rule_set_id = first_periods_open.rule_set_id
            and differences.plan_id = first_periods_open.plan_id
    inner join payees_at_ends
        on
            differences.rule_set_id = payees_at_ends.rule_set_id
            and differences.payee_id = payees_at_ends.payee_id
            and differences.plan_id = payees_at_ends.plan_id
            and differences.period_id = payees_at_ends.period_id
    where
        differences.is_unknown
        or differences.is_other_currency
        or differences.recomputed_amount <> differences.posted_amount
)

select
    rule_set_id,
    line_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    period_id,
    line_kind_code,
    line_date,
    recomputed_amount,
    posted_amount,
    earned_amount as unrounded_amount,
    earned_amount,
    payable_amount,
    became_earned_amount,
    currency_code,
    team_id,
    region_id,
    is_held,
    cause_text
from posted_lines
union all
select
    rule_set_id,
    line_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    period_id,
    line_kind_code,
    line_date,
    cast(recomputed_amount as {{ pay_type() }}) as recomputed_amount,
    cast(posted_amount as {{ pay_type() }}) as posted_amount,
    case when not is_held then cast(recomputed_amount - posted_amount as {{ pay_type() }}) end as unrounded_amount,
    case when not is_held then cast(recomputed_amount - posted_amount as {{ pay_type() }}) end as earned_amount,
    cast(null as {{ pay_type() }}) as payable_amount,
    cast(null as {{ pay_type() }}) as became_earned_amount,
    currency_code,
    team_id,
    region_id,
    is_held,
    cause_text
from adjustment_lines
