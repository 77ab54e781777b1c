{#- Events that no plan can tell apart share a class; rules are matched to classes, not to events. -#}
{%- macro event_class_code(relation) -%}
    {{ relation }}.credited_kind_code
    {%- for field in ['opportunity_kind_code', 'activity_kind_code', 'outcome_name', 'lead_source_name'] %}
    || chr(31) || coalesce({{ relation }}.{{ field }}, '')
    {%- endfor %}
{%- endmacro -%}
