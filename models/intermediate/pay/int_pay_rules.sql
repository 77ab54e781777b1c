-- One row a class of events and credit rule that credits it. Filters are read here, once a class and not once an event.
-- Classes are read from the records themselves, so that events that no rule takes need not become events.
with opportunities as (
    select distinct
        opportunity_kind_code,
        lead_source_name
    from {{ ref('stg_crm__opportunities') }}
),

activities as (
    select distinct
        activity_kind_code,
        outcome_name
    from {{ ref('stg_crm__activities') }}
),

leads as (
    select distinct lead_source_name
    from {{ ref('stg_crm__leads') }}
),

classes as (
    {%- for kind in ['booking', 'invoice', 'margin', 'renewal', 'cancellation', 'contract_end'] %}
    select
        '{{ kind }}' as credited_kind_code,
        opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        lead_source_name
    from opportunities
    union
    {%- endfor %}
    -- Without a deal.
    {%- for kind in ['invoice', 'margin', 'renewal', 'cancellation', 'contract_end'] %}
    select
        '{{ kind }}' as credited_kind_code,
        cast(null as {{ dbt.type_string() }}) as opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        cast(null as {{ dbt.type_string() }}) as lead_source_name
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
    union
    select
        'activity' as credited_kind_code,
        cast(null as {{ dbt.type_string() }}) as opportunity_kind_code,
        activity_kind_code,
        outcome_name,
        cast(null as {{ dbt.type_string() }}) as lead_source_name
    from activities
    union
    select
        'lead_conversion' as credited_kind_code,
        cast(null as {{ dbt.type_string() }}) as opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        lead_source_name
    from leads
),

event_classes as (
    select distinct
        {{ event_class_code('classes') }} as event_class_code,
        credited_kind_code,
        coalesce(opportunity_kind_code, '') as opportunity_kind_code,
        coalesce(activity_kind_code, '') as activity_kind_code,
        coalesce(outcome_name, '') as outcome_name,
        coalesce(lead_source_name, '') as lead_source_name
    from classes
),

class_values as (
    {%- for field in ['opportunity_kind_code', 'activity_kind_code', 'outcome_name', 'lead_source_name'] %}
    select
        event_class_code,
        '{{ field }}' as field_code,
        {{ field }} as value_text
    from event_classes
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        event_kind_code
    from {{ ref('stg_planning__components') }}
),

credit_rules as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        rule_number,
        receiver_code,
        quota_credit_ratio,
        pay_credit_ratio,
        roll_up_depth,
        is_routed
    from {{ ref('stg_planning__credit_rules') }}
),

credit_filters as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        rule_number,
        field_code,
        value_text,
        is_excluded
    from {{ ref('stg_planning__credit_filters') }}
    where field_code in ('opportunity_kind_code', 'activity_kind_code', 'outcome_name', 'lead_source_name')
),

fields_filtered as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        rule_number,
        count(distinct field_code) as field_count
    from credit_filters
    where not is_excluded
    group by rule_set_id, plan_id, plan_version, component_id, rule_number
),

fields_met as (
    select
        credit_filters.rule_set_id,
        credit_filters.plan_id,
        credit_filters.plan_version,
        credit_filters.component_id,
        credit_filters.rule_number,
        class_values.event_class_code,
        count(distinct credit_filters.field_code) as field_count
    from credit_filters
    inner join class_values
        on
            credit_filters.field_code = class_values.field_code
            and credit_filters.value_text = class_values.value_text
    where not credit_filters.is_excluded
    group by
        credit_filters.rule_set_id,
        credit_filters.plan_id,
        credit_filters.plan_version,
        credit_filters.component_id,
        credit_filters.rule_number,
        class_values.event_class_code
),

classes_left_out as (
    select distinct
        credit_filters.rule_set_id,
        credit_filters.plan_id,
        credit_filters.plan_version,
        credit_filters.component_id,
        credit_filters.rule_number,
        class_values.event_class_code
    from credit_filters
    inner join class_values
        on
            credit_filters.field_code = class_values.field_code
            and credit_filters.value_text = class_values.value_text
    where credit_filters.is_excluded
)

select
    credit_rules.rule_set_id,
    credit_rules.plan_id,
    credit_rules.plan_version,
    credit_rules.component_id,
    credit_rules.rule_number,
    credit_rules.receiver_code,
    credit_rules.quota_credit_ratio,
    credit_rules.pay_credit_ratio,
    credit_rules.roll_up_depth,
    credit_rules.is_routed,
    event_classes.event_class_code,
    event_classes.credited_kind_code,
    event_classes.activity_kind_code,
    event_classes.outcome_name
from credit_rules
inner join components
    on
        credit_rules.rule_set_id = components.rule_set_id
        and credit_rules.plan_id = components.plan_id
        and credit_rules.plan_version = components.plan_version
        and credit_rules.component_id = components.component_id
inner join event_classes
    on components.event_kind_code = event_classes.credited_kind_code
left join fields_filtered
    on
        credit_rules.rule_set_id = fields_filtered.rule_set_id
        and credit_rules.plan_id = fields_filtered.plan_id
        and credit_rules.plan_version = fields_filtered.plan_version
        and credit_rules.component_id = fields_filtered.component_id
        and credit_rules.rule_number = fields_filtered.rule_number
left join fields_met
    on
        credit_rules.rule_set_id = fields_met.rule_set_id
        and credit_rules.plan_id = fields_met.plan_id
        and credit_rules.plan_version = fields_met.plan_version
        and credit_rules.component_id = fields_met.component_id
        and credit_rules.rule_number = fields_met.rule_number
        and event_classes.event_class_code = fields_met.event_class_code
left join classes_left_out
    on
        credit_rules.rule_set_id = classes_left_out.rule_set_id
        and credit_rules.plan_id = classes_left_out.plan_id
        and credit_rules.plan_version = classes_left_out.plan_version
        and credit_rules.component_id = classes_left_out.component_id
        and credit_rules.rule_number = classes_left_out.rule_number
        and event_classes.event_class_code = classes_left_out.event_class_code
where
    classes_left_out.rule_number is null
    and coalesce(fields_filtered.field_count, 0) = coalesce(fields_met.field_count, 0)
