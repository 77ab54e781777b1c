-- One row a payee, rule and stretch of days that is over, for rules that read what is earned in it: floors of pay
-- periods, windows and years, of components and of plans, and what lies above the cap of a period and is carried. The
-- terms are those of the payee's last day by them in the stretch; its line stands in the pay period that ends with it.
-- What is paid out in another currency than the plan's has the exchange rate of the stretch's last day. Rows only for
-- plans with such a rule.
{%- set rules = [
    ('component_limits', 'floor', 'floor_amount is not null'),
    ('plan_limits', 'floor', 'floor_amount is not null'),
    ('component_limits', 'carry', 'carried_periods is not null'),
] %}
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

rules as (
    {%- for table, rule, condition in rules %}
    select
        rule_set_id,
        plan_id,
        plan_version,
        {% if table == 'plan_limits' %}cast(null as {{ dbt.type_string() }}) as {% endif %}component_id,
        '{{ rule }}' as rule_code,
        per_code,
        floor_amount,
        coalesce(is_floor_prorated, false) as is_floor_prorated,
        cap_amount,
        coalesce(is_cap_prorated, false) as is_cap_prorated,
        {% if table == 'plan_limits' %}cast(null as bigint) as {% endif %}carried_periods,
        {% if table != 'plan_limits' %}cast(null as {{ dbt.type_string() }}) as {% endif %}rounding_method_code
    from {{ ref('stg_planning__' ~ table) }}
    where {{ condition }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

rules_of_plans as (
    select distinct
        rule_set_id,
        plan_id,
        component_id,
        rule_code,
        per_code
    from rules
),

scopes as (
    select distinct
        rule_set_id,
        payee_id,
        plan_id
    from {{ ref('int_pay_scopes') }}
),

enrolments as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        enrolled_from_date,
        enrolled_to_date,
        calendar_id,
        currency_code,
        payout_currency_code,
        payout_minor_unit_digits,
        minor_unit_digits,
        payout_rate_source_number,
        payout_rate_table_id,
        payout_rate_kind_code,
        payout_rate_day_code,
        rounding_method_code,
        pay_period_kind_code,
        window_code,
        team_id,
        region_id,
        hold_text
    from {{ ref('int_pay_enrolments') }}
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

enrolments_in_spans as (
    select
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.plan_version,
        rules_of_plans.component_id,
        rules_of_plans.rule_code,
        rules_of_plans.per_code,
        enrolments.calendar_id,
        enrolments.currency_code,
        enrolments.payout_currency_code,
        enrolments.payout_minor_unit_digits,
        enrolments.minor_unit_digits,
        enrolments.payout_rate_source_number,
        enrolments.payout_rate_table_id,
        enrolments.payout_rate_kind_code,
        enrolments.payout_rate_day_code,
        enrolments.rounding_method_code,
        enrolments.pay_period_kind_code,
        enrolments.team_id,
        enrolments.region_id,
        enrolments.hold_text,
        enrolments.enrolled_to_date,
        calendars.period_id as span_period_id,
        calendars.start_date,
        calendars.end_date
    from rules_of_plans
    inner join scopes
        on
            rules_of_plans.rule_set_id = scopes.rule_set_id
            and rules_of_plans.plan_id = scopes.plan_id
    inner join enrolments
        on
            scopes.rule_set_id = enrolments.rule_set_id
            and scopes.payee_id = enrolments.payee_id
            and scopes.plan_id = enrolments.plan_id
            and coalesce(rules_of_plans.component_id, enrolments.component_id) = enrolments.component_id
    inner join calendars
        on
            enrolments.rule_set_id = calendars.rule_set_id
            and enrolments.calendar_id = calendars.calendar_id
            and case rules_of_plans.per_code
                when 'period' then enrolments.pay_period_kind_code
                when 'window' then enrolments.window_code
                else rules_of_plans.per_code
            end = calendars.period_kind_code
            and enrolments.enrolled_from_date <= calendars.end_date
            and enrolments.enrolled_to_date >= calendars.start_date
    cross join runs
    where calendars.end_date <= runs.as_of_date
),

spans as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        rule_code,
        per_code,
        span_period_id,
        max(calendar_id) as calendar_id,
        max(currency_code) as currency_code,
        max(pay_period_kind_code) as pay_period_kind_code,
        max(start_date) as start_date,
        max(end_date) as end_date,
        max(hold_text) as hold_text,
        {%- for column in [
            'payout_rate_source_number', 'payout_rate_table_id', 'payout_rate_kind_code', 'payout_rate_day_code',
            'rounding_method_code', 'plan_version', 'team_id', 'region_id',
        ] %}
        {{ value_of_greatest(column, 'enrolled_to_date', 'plan_version') }} as {{ column }},
        {%- endfor %}
        max(payout_currency_code) as payout_currency_code,
        max(payout_minor_unit_digits) as payout_minor_unit_digits,
        max(minor_unit_digits) as plan_minor_unit_digits
    from enrolments_in_spans
    group by rule_set_id, payee_id, plan_id, component_id, rule_code, per_code, span_period_id
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
        component_id,
        per_code,
        stretch_period_id,
        numerator_count,
        denominator_count
    from {{ ref('int_pay_span_prorations') }}
)

select
    {{ row_key() }} as span_number,
    spans.rule_set_id,
    spans.payee_id,
    spans.plan_id,
    spans.plan_version,
    spans.component_id,
    spans.rule_code,
    spans.per_code,
    spans.calendar_id,
    spans.span_period_id,
    pay_periods.period_id,
    spans.start_date,
    spans.end_date,
    spans.currency_code,
    spans.payout_currency_code,
    spans.payout_currency_code <> spans.currency_code as is_converted,
    spans.payout_minor_unit_digits as minor_unit_digits,
    -- What a plan pays as a whole is rounded as the plan says.
    coalesce(rules.rounding_method_code, spans.rounding_method_code) as rounding_method_code,
    rates.rate_date,
    rates.rate_kind_code,
    rates.rate_direction_code,
    rates.exchange_rate,
    rates.inverse_rate,
    case
        when spans.payout_currency_code <> spans.currency_code and rates.exchange_rate is null
            then {{
                no_rate_text(
                    'spans.payout_rate_kind_code', 'spans.currency_code', 'spans.payout_currency_code',
                    'spans.payout_rate_day_code', 'spans.end_date', 'spans.payout_rate_table_id'
                )
            }}
    end as rate_hold_text,
    spans.team_id,
    spans.region_id,
    spans.hold_text,
    -- What somebody is guaranteed is paid out, so a part of it is rounded once.
    case
        when rules.is_floor_prorated and prorations.numerator_count is not null
            then cast(
                    {{
                        prorated_money(
                            'rules.floor_amount', 'prorations.numerator_count', 'prorations.denominator_count',
                            'spans.plan_minor_unit_digits'
                        )
                    }}
                    as {{ pay_type() }}
                )
        else cast(rules.floor_amount as {{ pay_type() }})
    end as floor_amount,
    {{
        amount_of_span(
            'rules.cap_amount', 'rules.is_cap_prorated', 'prorations.numerator_count', 'prorations.denominator_count'
        )
    }} as cap_amount,
    rules.carried_periods
from spans
left join rules
    on
        spans.rule_set_id = rules.rule_set_id
        and spans.plan_id = rules.plan_id
        and spans.plan_version = rules.plan_version
        and coalesce(spans.component_id, '') = coalesce(rules.component_id, '')
        and spans.rule_code = rules.rule_code
        and spans.per_code = rules.per_code
inner join calendars as pay_periods
    on
        spans.rule_set_id = pay_periods.rule_set_id
        and spans.calendar_id = pay_periods.calendar_id
        and spans.pay_period_kind_code = pay_periods.period_kind_code
        and spans.end_date >= pay_periods.start_date
        and spans.end_date <= pay_periods.end_date
left join rates
    on
        spans.payout_rate_source_number = rates.rate_source_number
        and spans.end_date = rates.sale_date
left join prorations
    on
        spans.rule_set_id = prorations.rule_set_id
        and spans.payee_id = prorations.payee_id
        and spans.plan_id = prorations.plan_id
        and coalesce(spans.component_id, '') = coalesce(prorations.component_id, '')
        and spans.per_code = prorations.per_code
        and spans.span_period_id = prorations.stretch_period_id
