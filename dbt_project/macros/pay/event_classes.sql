{#- The fields by which plans tell events apart, in the order in which a class holds them. -#}
{%- macro event_class_fields() -%}
    {{ return(['opportunity_kind_code', 'activity_kind_code', 'outcome_name', 'lead_source_name']) }}
{%- endmacro -%}

{#- Events that no plan can tell apart share a class; rules are matched to classes, not to events. -#}
{%- macro event_class_code(relation) -%}
    {{ relation }}.credited_kind_code
    {%- for field in event_class_fields() %}
    || chr(31) || coalesce({{ relation }}.{{ field }}, '')
    {%- endfor %}
{%- endmacro -%}

{#- The value of the n-th field of a class, from 1. -#}
{%- macro event_class_field(class_code, number) -%}
    {{ dbt.split_part(class_code, 'chr(31)', number + 1) }}
{%- endmacro -%}
