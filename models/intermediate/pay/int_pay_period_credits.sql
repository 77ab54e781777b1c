-- One row a payee, component that pays for a period, and period: the credit that it is paid by. From here on it goes
-- the way of every credit: measure, curve, rounding. X is an amount of pay, or a ratio to date; then Y is the ratio's
-- part of the target.
with payee_periods as (
    select
        scope_number,
        enrolment_number,
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        window_period_id,
        period_end_date,
        event_date,
        enrolled_days,
        period_days,
        hold_text
    from {{ ref('int_pay_payee_periods') }}
    where event_kind_code = 'fixed'
),

period_components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        amount,
        partial_period_code
    from {{ ref('stg_planning__period_components') }}
    where event_kind_code = 'fixed'
),

enrolments as (
    select
        enrolment_number,
        event_kind_code,
        terms_number
    from {{ ref('int_pay_enrolments') }}
),

-- The target that holds by the terms of the period's last day: the plan's or the payee's, prorated if the plan says so.
terms as (
    select
        scope_number,
        terms_number,
        target_amount,
        is_target_own
    from {{ ref('int_pay_terms') }}
    where target_amount is not null
),

fixed_days as (
    select
        payee_periods.scope_number,
        payee_periods.enrolment_number,
        payee_periods.period_id,
        payee_periods.window_period_id,
        payee_periods.period_end_date,
        payee_periods.event_date,
        payee_periods.enrolled_days,
        payee_periods.period_days,
        payee_periods.hold_text,
        period_components.partial_period_code,
        cast(period_components.amount as {{ pay_type() }}) as amount,
        {{ divide_once(
            multiply_amounts(
                'period_components.amount', 'cast(payee_periods.enrolled_days as ' ~ pay_type() ~ ')'
            ),
            'cast(payee_periods.period_days as ' ~ pay_type() ~ ')'
        ) }} as prorated_amount
    from payee_periods
    inner join period_components
        on
            payee_periods.rule_set_id = period_components.rule_set_id
            and payee_periods.plan_id = period_components.plan_id
            and payee_periods.plan_version = period_components.plan_version
            and payee_periods.component_id = period_components.component_id
),

fixed_amounts as (
    select
        scope_number,
        enrolment_number,
        period_id,
        window_period_id as event_id,
        event_date,
        case
            when hold_text is not null then null
            when partial_period_code = 'prorated' and enrolled_days < period_days
                then cast(prorated_amount as {{ pay_type() }})
            when partial_period_code = 'last_day' and event_date < period_end_date then cast(0 as {{ pay_type() }})
            else amount
        end as measure_amount,
        hold_text,
        case
            when hold_text is not null then null
            when enrolled_days = period_days then 'fixed amount for ' || window_period_id
            when partial_period_code = 'prorated'
                then 'fixed amount for ' || cast(enrolled_days as {{ dbt.type_string() }}) || ' of '
                    || cast(period_days as {{ dbt.type_string() }}) || ' days of ' || window_period_id
            when partial_period_code = 'last_day' and event_date < period_end_date
                then 'no fixed amount for ' || window_period_id || ': not there on its last day'
            else 'fixed amount for ' || window_period_id || ', the whole for a part of it'
        end as cause_text
    from fixed_days
),

-- What a linked component reads is known when that is paid: int_pay_links. Its credit moves no measure.
linked_periods as (
    select
        payee_periods.scope_number,
        payee_periods.enrolment_number,
        payee_periods.period_id,
        payee_periods.period_id as event_id,
        payee_periods.event_date,
        cast(0 as {{ pay_type() }}) as measure_amount,
        payee_periods.hold_text,
        'a rate of what ' || period_components.of_component_id || ' earned in ' || payee_periods.period_id
            as cause_text
    from {{ ref('int_pay_payee_periods') }} as payee_periods
    inner join {{ ref('stg_planning__period_components') }} as period_components
        on
            payee_periods.rule_set_id = period_components.rule_set_id
            and payee_periods.plan_id = period_components.plan_id
            and payee_periods.plan_version = period_components.plan_version
            and payee_periods.component_id = period_components.component_id
    where payee_periods.event_kind_code = 'linked'
),

objectives as (
    select
        scope_number,
        enrolment_number,
        period_id,
        window_period_id as event_id,
        event_date,
        measure_amount,
        hold_text,
        cause_text
    from {{ ref('int_pay_objectives') }}
),

-- A ratio moves the measure by how far it went since the period before.
ratios as (
    select
        scope_number,
        enrolment_number,
        period_id,
        period_id as event_id,
        event_date,
        cast(
            measure_amount
            - coalesce(lag(measure_amount) over (partition by scope_number order by event_date, period_id), 0)
            as {{ pay_type() }}
        ) as measure_amount,
        hold_text,
        cause_text
    from {{ ref('int_pay_ratios') }}
),

pool_shares as (
    select
        scope_number,
        enrolment_number,
        period_id,
        event_id,
        event_date,
        measure_amount,
        hold_text,
        cause_text
    from {{ ref('int_pay_pool_shares') }}
),

contests as (
    select
        scope_number,
        enrolment_number,
        period_id,
        event_id,
        event_date,
        measure_amount,
        hold_text,
        cause_text
    from {{ ref('int_pay_contests') }}
),

spiffs as (
    select
        scope_number,
        enrolment_number,
        period_id,
        event_id,
        counted_event_id,
        counted_event_kind_code,
        counted_share_number,
        event_date,
        credit_date,
        measure_amount,
        hold_text,
        cause_text
    from {{ ref('int_pay_spiffs') }}
),

period_amounts as (
    {%- for kind in ['fixed_amounts', 'linked_periods', 'objectives', 'ratios', 'pool_shares', 'contests', 'spiffs'] %}
    select
        scope_number,
        enrolment_number,
        period_id,
        event_id,
        {% if kind != 'spiffs' %}event_id as {% endif %}counted_event_id,
        {% if kind != 'spiffs' %}cast(null as {{ dbt.type_string() }}) as {% endif %}counted_event_kind_code,
        {% if kind != 'spiffs' %}cast(null as bigint) as {% endif %}counted_share_number,
        event_date,
        {% if kind != 'spiffs' %}event_date as {% endif %}credit_date,
        measure_amount,
        hold_text,
        cause_text
    from {{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- What an earlier system made of a window comes before all of its credits.
openings as (
    select
        scope_number,
        enrolment_number,
        period_id,
        opening_date,
        day_before,
        quota_credit_amount,
        pay_credit_amount,
        is_known,
        hold_text
    from {{ ref('int_pay_openings') }}
    where is_credited
),

credits as (
    select
        period_amounts.scope_number,
        period_amounts.enrolment_number,
        enrolments.event_kind_code,
        period_amounts.period_id,
        period_amounts.event_id,
        period_amounts.counted_event_id,
        coalesce(period_amounts.counted_event_kind_code, enrolments.event_kind_code) as counted_event_kind_code,
        period_amounts.counted_share_number,
        period_amounts.event_date,
        period_amounts.credit_date,
        period_amounts.measure_amount as quota_credit_amount,
        case
            when enrolments.event_kind_code in ('mbo', 'ratio') and terms.target_amount is not null
                then {{ multiply_amounts('terms.target_amount', 'period_amounts.measure_amount') }}
            else period_amounts.measure_amount
        end as pay_credit_amount,
        period_amounts.hold_text,
        period_amounts.cause_text
        || case
            when enrolments.event_kind_code in ('mbo', 'ratio') and terms.is_target_own
                then ', of a target of ' || {{ number_in_words('terms.target_amount') }}
            else ''
        end as cause_text
    from period_amounts
    inner join enrolments
        on period_amounts.enrolment_number = enrolments.enrolment_number
    left join terms
        on
            period_amounts.scope_number = terms.scope_number
            and enrolments.terms_number = terms.terms_number
    union all
    select
        scope_number,
        enrolment_number,
        'opening' as event_kind_code,
        period_id,
        cast(opening_date as {{ dbt.type_string() }}) as event_id,
        cast(opening_date as {{ dbt.type_string() }}) as counted_event_id,
        'opening' as counted_event_kind_code,
        cast(null as bigint) as counted_share_number,
        day_before as event_date,
        opening_date as credit_date,
        case when is_known then quota_credit_amount end as quota_credit_amount,
        case when is_known then pay_credit_amount end as pay_credit_amount,
        hold_text,
        'opening of ' || cast(opening_date as {{ dbt.type_string() }}) || ', which an earlier system has paid'
            as cause_text
    from openings
)

select
    -- Keys of events' credits are not below 0: these never meet them.
    -1 - {{ row_key() }} as credit_number,
    scope_number,
    enrolment_number,
    -- The declared order, as events have one; a component has credits of events or of periods.
    row_number() over (order by credit_date, event_date, counted_event_id, event_kind_code, event_id) as event_order,
    event_kind_code,
    period_id,
    event_id,
    -- The event that the declared order goes by: of a SPIFF the one that it pays for.
    counted_event_id,
    counted_event_kind_code,
    counted_share_number,
    event_date,
    credit_date,
    quota_credit_amount,
    cast(pay_credit_amount as {{ pay_type() }}) as pay_credit_amount,
    hold_text,
    cause_text
from credits
