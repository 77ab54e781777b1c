-- One row a payee, plan, component and stretch of days of which only a part counts for caps, floors or draws: the part
-- is numerator / denominator of its days, in whole numbers that are never divided here. A stretch without a row counts
-- in full. Limits and draws of a plan have no component: they go by the days on the plan. Rows only for plans that
-- prorate them.
with rules as (
    select
        limits.rule_set_id,
        limits.plan_id,
        limits.component_id,
        limits.per_code,
        terms.proration_days_code,
        terms.start_day_code
    from {{ ref('stg_planning__component_limits') }} as limits
    inner join {{ ref('stg_planning__component_terms') }} as terms
        on
            limits.rule_set_id = terms.rule_set_id
            and limits.plan_id = terms.plan_id
            and limits.plan_version = terms.plan_version
            and limits.component_id = terms.component_id
    where limits.is_cap_prorated or limits.is_floor_prorated
    {%- for table, per, condition in [
        ('plan_limits', 'rules.per_code', 'rules.is_cap_prorated or rules.is_floor_prorated'),
        ('draws', "'period'", 'rules.is_prorated'),
    ] %}
    union
    select
        rules.rule_set_id,
        rules.plan_id,
        cast(null as {{ dbt.type_string() }}) as component_id,
        {{ per }} as per_code,
        plans.proration_days_code,
        plans.start_day_code
    from {{ ref('stg_planning__' ~ table) }} as rules
    inner join {{ ref('stg_planning__plans') }} as plans
        on
            rules.rule_set_id = plans.rule_set_id
            and rules.plan_id = plans.plan_id
            and rules.plan_version = plans.plan_version
    where {{ condition }}
    {%- endfor %}
),

leave_rules as (
    select
        rule_set_id,
        plan_id,
        component_id,
        leave_kind_name
    from {{ ref('stg_planning__proration_leaves') }}
    union
    select
        rule_set_id,
        plan_id,
        cast(null as {{ dbt.type_string() }}) as component_id,
        leave_kind_name
    from {{ ref('stg_planning__plan_proration_leaves') }}
),

enrolments as (
    select distinct
        rules.rule_set_id,
        enrolments.payee_id,
        rules.plan_id,
        rules.component_id,
        rules.per_code,
        rules.proration_days_code,
        case rules.start_day_code when 'not_counted' then 1 else 0 end as lost_day_count,
        enrolments.calendar_id,
        case rules.per_code
            when 'period' then enrolments.pay_period_kind_code
            when 'window' then enrolments.window_code
            else rules.per_code
        end as period_kind_code,
        enrolments.enrolled_from_date,
        enrolments.enrolled_to_date
    from rules
    inner join {{ ref('int_pay_enrolments') }} as enrolments
        on
            rules.rule_set_id = enrolments.rule_set_id
            and rules.plan_id = enrolments.plan_id
            and coalesce(rules.component_id, enrolments.component_id) = enrolments.component_id
),

payees as (
    select
        {{ row_key() }} as payee_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        per_code,
        proration_days_code,
        calendar_id,
        period_kind_code,
        min(enrolled_from_date) as first_date
    from enrolments
    group by
        rule_set_id, payee_id, plan_id, component_id, per_code, proration_days_code, calendar_id, period_kind_code
),

stretches as (
    select
        payees.payee_number,
        payees.rule_set_id,
        payees.payee_id,
        payees.plan_id,
        payees.component_id,
        payees.per_code,
        payees.proration_days_code,
        payees.calendar_id,
        payees.period_kind_code,
        calendars.period_id as stretch_period_id,
        calendars.start_date,
        calendars.end_date
    from payees
    inner join {{ ref('stg_planning__calendars') }} as calendars
        on
            payees.rule_set_id = calendars.rule_set_id
            and payees.calendar_id = calendars.calendar_id
            and payees.period_kind_code = calendars.period_kind_code
            and payees.first_date <= calendars.end_date
),

days_on as (
    select
        payees.payee_number,
        enrolments.lost_day_count,
        enrolments.enrolled_from_date as from_date,
        enrolments.enrolled_to_date as to_date
    from payees
    inner join enrolments
        on
            payees.rule_set_id = enrolments.rule_set_id
            and payees.payee_id = enrolments.payee_id
            and payees.plan_id = enrolments.plan_id
            and coalesce(payees.component_id, '') = coalesce(enrolments.component_id, '')
            and payees.per_code = enrolments.per_code
            and payees.proration_days_code = enrolments.proration_days_code
),

days_on_leave as (
    select
        payees.payee_number,
        leaves.start_date as from_date,
        coalesce(leaves.end_date, {{ far_future_date() }}) as to_date
    from payees
    inner join leave_rules
        on
            payees.rule_set_id = leave_rules.rule_set_id
            and payees.plan_id = leave_rules.plan_id
            and coalesce(payees.component_id, '') = coalesce(leave_rules.component_id, '')
    inner join {{ ref('stg_people__leaves') }} as leaves
        on
            payees.payee_id = leaves.employee_id
            and leave_rules.leave_kind_name = leaves.leave_kind_name
),

stretches_covered as (
    select
        stretches.payee_number,
        stretches.stretch_period_id,
        max(
            case
                when
                    {{ add_days('days_on.from_date', 'days_on.lost_day_count') }} <= stretches.start_date
                    and days_on.to_date >= stretches.end_date
                    then 1
                else 0
            end
        ) = 1 as is_whole
    from stretches
    inner join days_on
        on
            stretches.payee_number = days_on.payee_number
            and stretches.start_date <= days_on.to_date
            and stretches.end_date >= days_on.from_date
    group by stretches.payee_number, stretches.stretch_period_id
),

stretches_on_leave as (
    select distinct
        stretches.payee_number,
        stretches.stretch_period_id
    from stretches
    inner join days_on_leave
        on
            stretches.payee_number = days_on_leave.payee_number
            and stretches.start_date <= days_on_leave.to_date
            and stretches.end_date >= days_on_leave.from_date
),

-- Days are looked at one by one only where it matters; a stretch on which nobody was there has none.
partial_stretches as (
    select
        stretches.payee_number,
        stretches.rule_set_id,
        stretches.calendar_id,
        stretches.proration_days_code,
        stretches.period_kind_code,
        stretches.stretch_period_id,
        stretches.start_date,
        stretches.end_date
    from stretches
    inner join stretches_covered
        on
            stretches.payee_number = stretches_covered.payee_number
            and stretches.stretch_period_id = stretches_covered.stretch_period_id
    left join stretches_on_leave
        on
            stretches.payee_number = stretches_on_leave.payee_number
            and stretches.stretch_period_id = stretches_on_leave.stretch_period_id
    where
        not stretches_covered.is_whole
        or stretches_on_leave.payee_number is not null
),

days_weighed as (
    select
        stretches.payee_number,
        stretches.stretch_period_id,
        stretches.proration_days_code,
        stretches.period_kind_code,
        days.calendar_day,
        {{
            weight_of_day(
                'stretches.proration_days_code', 'days.calendar_day',
                '(' ~ days_between('months.start_date', 'months.end_date') ~ ' + 1)'
            )
        }} as weight,
        case
            when days.calendar_day between days_on.from_date and days_on.to_date then 1
            else 0
        end as is_on,
        -- Where a first day does not count, a day counts that follows another.
        case
            when days_on.lost_day_count = 0 or days.calendar_day > days_on.from_date then 1
            else 0
        end as is_no_start,
        case when days_on_leave.payee_number is null then 1 else 0 end as is_no_leave
    from partial_stretches as stretches
    inner join {{ ref('int_pay_days') }} as days
        on
            stretches.rule_set_id = days.rule_set_id
            and stretches.calendar_id = days.calendar_id
            and stretches.start_date <= days.calendar_day
            and stretches.end_date >= days.calendar_day
    inner join {{ ref('stg_planning__calendars') }} as months
        on
            days.rule_set_id = months.rule_set_id
            and days.calendar_id = months.calendar_id
            and days.month_period_id = months.period_id
            and months.period_kind_code = 'month'
    left join days_on
        on
            stretches.payee_number = days_on.payee_number
            and days.calendar_day >= days_on.from_date
            and days.calendar_day <= {{ add_days('days_on.to_date', 1) }}
    left join days_on_leave
        on
            stretches.payee_number = days_on_leave.payee_number
            and days.calendar_day >= days_on_leave.from_date
            and days.calendar_day <= days_on_leave.to_date
),

days_once as (
    select
        payee_number,
        stretch_period_id,
        max(proration_days_code) as proration_days_code,
        max(period_kind_code) as period_kind_code,
        max(weight) as weight,
        min(is_no_leave) * max(is_on) * max(is_no_start) as is_counted
    from days_weighed
    group by payee_number, stretch_period_id, calendar_day
),

weights_added as (
    select
        payee_number,
        stretch_period_id,
        max(proration_days_code) as proration_days_code,
        max(period_kind_code) as period_kind_code,
        cast(sum(weight) as bigint) as stretch_weight,
        cast(sum(weight * is_counted) as bigint) as counted_weight
    from days_once
    group by payee_number, stretch_period_id
),

-- The whole where every day counts, and never more than it.
parts as (
    select
        payee_number,
        stretch_period_id,
        case
            when counted_weight < stretch_weight then counted_weight
            else {{ weight_of_stretch('proration_days_code', 'period_kind_code', 'stretch_weight') }}
        end as numerator_count,
        {{ weight_of_stretch('proration_days_code', 'period_kind_code', 'stretch_weight') }} as denominator_count
    from weights_added
)

select
    stretches.rule_set_id,
    stretches.payee_id,
    stretches.plan_id,
    stretches.component_id,
    stretches.per_code,
    stretches.stretch_period_id,
    cast(case
        when stretches_covered.payee_number is null then 0
        else least(parts.numerator_count, parts.denominator_count)
    end as bigint) as numerator_count,
    cast(coalesce(parts.denominator_count, 1) as bigint) as denominator_count
from stretches
left join stretches_covered
    on
        stretches.payee_number = stretches_covered.payee_number
        and stretches.stretch_period_id = stretches_covered.stretch_period_id
left join parts
    on
        stretches.payee_number = parts.payee_number
        and stretches.stretch_period_id = parts.stretch_period_id
where
    stretches_covered.payee_number is null
    or parts.numerator_count < parts.denominator_count
