{#-
    What accumulated pay is worth under a cap and a floor, either of which may be NULL. A floor holds where something is
    earned at all: nothing is worth nothing, so that a full return leaves nothing.
-#}
{%- macro limited_pay(amount, floor_amount, cap_amount) -%}
    least(
        case when {{ amount }} > 0 then greatest({{ amount }}, coalesce({{ floor_amount }}, {{ amount }})) else {{ amount }} end,
        coalesce({{ cap_amount }}, greatest({{ amount }}, coalesce({{ floor_amount }}, {{ amount }})))
    )
{%- endmacro -%}
