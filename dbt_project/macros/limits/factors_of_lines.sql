{#-
    The factors of lines, one row a line and multiplier that applies to it; NULL where the factor is unknown, so that the
    line is held. A multiplier by an attribute has no row for lines of other events.

    Args: lines: the model of the lines after gates; level: whose multipliers, component or plan.
-#}
{%- macro factors_of_lines(lines, level) -%}
with gated_lines as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        posting_credit_number,
        plan_version
    from {{ ref(lines) }}
),

multipliers as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        multiplier_number,
        multiplier_kind_code,
        combine_code,
        measured_component_id,
        boundary_code,
        reading_code,
        factor_ratio,
        input_name,
        lowest_factor_ratio,
        highest_factor_ratio
    from {{ ref('stg_planning__component_multipliers') }}
    where rule_level_code = '{{ level }}'
),

multiplier_tiers as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        multiplier_number,
        lower_bound_amount,
        upper_bound_amount,
        lower_bound_ratio,
        upper_bound_ratio,
        factor_ratio
    from {{ ref('stg_planning__multiplier_tiers') }}
    where rule_level_code = '{{ level }}'
),

multiplier_filters as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        multiplier_number,
        field_code,
        value_text
    from {{ ref('stg_planning__multiplier_filters') }}
    where rule_level_code = '{{ level }}'
),

payee_modifiers as (
    select
        rule_set_id,
        payee_id,
        modifier_name,
        valid_from_date,
        coalesce(valid_to_date, {{ far_future_date() }}) as valid_to_date,
        factor_ratio,
        approved_by_payee_id
    from {{ ref('stg_planning__payee_modifiers') }}
),

ruled_scopes as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id
    from {{ ref('int_pay_ruled_scopes') }}
),

ruled_credits as (
    select
        credit_number,
        scope_number,
        position,
        event_date,
        is_opening
    from {{ ref('int_pay_ruled_credits') }}
),

credits as (
    select
        credit_number,
        share_number
    from {{ ref('int_pay_credits') }}
),

-- A SPIFF is for an event, and has its fields.
credits_of_sales as (
    select
        credit_number,
        share_number
    from {{ ref('int_pay_credits') }}
    union all
    select
        credit_number,
        counted_share_number as share_number
    from {{ ref('int_pay_period_credits') }}
    where counted_share_number is not null
),

shares as (
    select
        share_number,
        event_class_code,
        origin_date
    from {{ ref('int_pay_shares') }}
),

readings as (
    select
        credit_number,
        scope_number,
        measured_component_id,
        reading_code,
        quota_amount,
        is_unknown,
        measure_after_amount
    from {{ ref('int_pay_readings') }}
),

lines_multiplied as (
    select
        gated_lines.scope_number,
        gated_lines.position,
        gated_lines.caused_by_credit_number,
        gated_lines.posting_credit_number,
        ruled_credits.credit_number,
        ruled_credits.event_date,
        ruled_credits.is_opening,
        ruled_scopes.payee_id,
        multipliers.rule_set_id,
        multipliers.plan_id,
        multipliers.plan_version,
        multipliers.component_id,
        multipliers.multiplier_number,
        multipliers.multiplier_kind_code,
        multipliers.combine_code,
        multipliers.measured_component_id,
        multipliers.boundary_code,
        multipliers.reading_code,
        multipliers.factor_ratio,
        multipliers.input_name,
        multipliers.lowest_factor_ratio,
        multipliers.highest_factor_ratio
    from gated_lines
    inner join ruled_scopes
        on gated_lines.scope_number = ruled_scopes.scope_number
    inner join multipliers
        on
            ruled_scopes.rule_set_id = multipliers.rule_set_id
            and ruled_scopes.plan_id = multipliers.plan_id
            and ruled_scopes.component_id = multipliers.component_id
            and gated_lines.plan_version = multipliers.plan_version
    inner join ruled_credits
        on
            gated_lines.scope_number = ruled_credits.scope_number
            and gated_lines.position = ruled_credits.position
),

tiers_read as (
    select
        lines_multiplied.scope_number,
        lines_multiplied.position,
        lines_multiplied.caused_by_credit_number,
        lines_multiplied.multiplier_number,
        lines_multiplied.combine_code,
        coalesce(lines_multiplied.boundary_code, 'upper') = 'upper' as is_lower_included,
        coalesce(lines_multiplied.boundary_code, 'upper') = 'lower' as is_upper_included,
        coalesce(readings.is_unknown, true)
        or (
            readings.quota_amount is null
            and (multiplier_tiers.lower_bound_ratio is not null or multiplier_tiers.upper_bound_ratio is not null)
        ) as is_unknown,
        readings.measure_after_amount,
        coalesce(
            cast(multiplier_tiers.lower_bound_amount as {{ pay_type() }}),
            cast(
                {{
                    multiply_exact(
                        'cast(readings.quota_amount as ' ~ pay_type() ~ ')', 'multiplier_tiers.lower_bound_ratio'
                    )
                }}
                as {{ pay_type() }}
            ),
            cast(-1000000000000000000000000 as {{ pay_type() }})
        ) as covers_from_amount,
        coalesce(
            cast(multiplier_tiers.upper_bound_amount as {{ pay_type() }}),
            cast(
                {{
                    multiply_exact(
                        'cast(readings.quota_amount as ' ~ pay_type() ~ ')', 'multiplier_tiers.upper_bound_ratio'
                    )
                }}
                as {{ pay_type() }}
            ),
            cast(1000000000000000000000000 as {{ pay_type() }})
        ) as covers_to_amount,
        multiplier_tiers.factor_ratio
    from lines_multiplied
    inner join multiplier_tiers
        on
            lines_multiplied.rule_set_id = multiplier_tiers.rule_set_id
            and lines_multiplied.plan_id = multiplier_tiers.plan_id
            and lines_multiplied.plan_version = multiplier_tiers.plan_version
            and lines_multiplied.component_id = multiplier_tiers.component_id
            and lines_multiplied.multiplier_number = multiplier_tiers.multiplier_number
    left join readings
        on
            lines_multiplied.posting_credit_number = readings.credit_number
            and lines_multiplied.scope_number = readings.scope_number
            and lines_multiplied.measured_component_id = readings.measured_component_id
            and lines_multiplied.reading_code = readings.reading_code
    where lines_multiplied.multiplier_kind_code = 'measure'
),

factors_of_measures as (
    select
        tiers.scope_number,
        tiers.position,
        tiers.caused_by_credit_number,
        tiers.multiplier_number,
        tiers.combine_code,
        case
            when max(case when tiers.is_unknown then 1 else 0 end) = 0
                then max(case when {{ tier_holds('tiers.measure_after_amount') }} then tiers.factor_ratio end)
        end as factor_ratio
    from tiers_read as tiers
    group by
        tiers.scope_number, tiers.position, tiers.caused_by_credit_number, tiers.multiplier_number, tiers.combine_code
),

-- The fields of the sale, for a reversal and for a re-rate too.
fields_of_lines as (
    {%- for field in event_class_fields() %}
    select
        lines_multiplied.scope_number,
        lines_multiplied.position,
        lines_multiplied.caused_by_credit_number,
        lines_multiplied.multiplier_number,
        '{{ field }}' as field_code,
        {{ event_class_field('shares.event_class_code', loop.index) }} as value_text
    from lines_multiplied
    inner join credits_of_sales
        on lines_multiplied.credit_number = credits_of_sales.credit_number
    inner join shares
        on credits_of_sales.share_number = shares.share_number
    where lines_multiplied.multiplier_kind_code = 'attribute'
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

fields_filtered_by as (
    select distinct
        filters.rule_set_id,
        filters.plan_id,
        filters.plan_version,
        filters.component_id,
        filters.multiplier_number,
        filters.field_code
    from multiplier_filters as filters
),

factors_of_attributes as (
    select
        lines_multiplied.scope_number,
        lines_multiplied.position,
        lines_multiplied.caused_by_credit_number,
        lines_multiplied.multiplier_number,
        lines_multiplied.combine_code,
        lines_multiplied.factor_ratio
    from lines_multiplied
    left join fields_filtered_by
        on
            lines_multiplied.rule_set_id = fields_filtered_by.rule_set_id
            and lines_multiplied.plan_id = fields_filtered_by.plan_id
            and lines_multiplied.plan_version = fields_filtered_by.plan_version
            and lines_multiplied.component_id = fields_filtered_by.component_id
            and lines_multiplied.multiplier_number = fields_filtered_by.multiplier_number
    left join fields_of_lines
        on
            lines_multiplied.scope_number = fields_of_lines.scope_number
            and lines_multiplied.position = fields_of_lines.position
            and coalesce(lines_multiplied.caused_by_credit_number, -1)
            = coalesce(fields_of_lines.caused_by_credit_number, -1)
            and lines_multiplied.multiplier_number = fields_of_lines.multiplier_number
            and fields_filtered_by.field_code = fields_of_lines.field_code
    left join multiplier_filters
        on
            fields_filtered_by.rule_set_id = multiplier_filters.rule_set_id
            and fields_filtered_by.plan_id = multiplier_filters.plan_id
            and fields_filtered_by.plan_version = multiplier_filters.plan_version
            and fields_filtered_by.component_id = multiplier_filters.component_id
            and fields_filtered_by.multiplier_number = multiplier_filters.multiplier_number
            and fields_filtered_by.field_code = multiplier_filters.field_code
            and fields_of_lines.value_text = multiplier_filters.value_text
    where lines_multiplied.multiplier_kind_code = 'attribute'
    group by
        lines_multiplied.scope_number, lines_multiplied.position, lines_multiplied.caused_by_credit_number,
        lines_multiplied.multiplier_number, lines_multiplied.combine_code, lines_multiplied.factor_ratio
    having count(distinct fields_filtered_by.field_code) = count(distinct multiplier_filters.field_code)
),

-- The payee's input of the day of the sale, a SPIFF's too, or of the last day of what a period is paid for: one row,
-- within bounds, that somebody else approved, or the line is held.
factors_of_inputs as (
    select
        lines_multiplied.scope_number,
        lines_multiplied.position,
        lines_multiplied.caused_by_credit_number,
        lines_multiplied.multiplier_number,
        lines_multiplied.combine_code,
        case
            when
                count(payee_modifiers.payee_id) = 1
                and count(case when payee_modifiers.approved_by_payee_id <> payee_modifiers.payee_id then 1 end) = 1
                and min(payee_modifiers.factor_ratio) >= min(lines_multiplied.lowest_factor_ratio)
                and max(payee_modifiers.factor_ratio) <= max(lines_multiplied.highest_factor_ratio)
                then max(payee_modifiers.factor_ratio)
        end as factor_ratio
    from lines_multiplied
    left join credits
        on lines_multiplied.credit_number = credits.credit_number
    left join shares
        on credits.share_number = shares.share_number
    left join payee_modifiers
        on
            lines_multiplied.rule_set_id = payee_modifiers.rule_set_id
            and lines_multiplied.payee_id = payee_modifiers.payee_id
            and lines_multiplied.input_name = payee_modifiers.modifier_name
            and coalesce(shares.origin_date, lines_multiplied.event_date) >= payee_modifiers.valid_from_date
            and coalesce(shares.origin_date, lines_multiplied.event_date) <= payee_modifiers.valid_to_date
    where
        lines_multiplied.multiplier_kind_code = 'input'
        and not lines_multiplied.is_opening
    group by
        lines_multiplied.scope_number, lines_multiplied.position, lines_multiplied.caused_by_credit_number,
        lines_multiplied.multiplier_number, lines_multiplied.combine_code
)
{%- for source in ['factors_of_measures', 'factors_of_attributes', 'factors_of_inputs'] %}

select
    scope_number,
    position,
    caused_by_credit_number,
    multiplier_number,
    combine_code,
    factor_ratio
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro -%}
