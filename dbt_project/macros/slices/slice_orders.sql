{#-
    Where the slices of a stage stand in their line, which is the order in which rules work. Slices of curves come
    before them. A stage with several slices of a line counts on from its number. openspm/plans/explain_effects.py reads
    from the number of a published slice whose rule it is of; a test holds both together.
-#}
{%- macro slice_order(stage) -%}
    {{
        return({
            'linked': 1000,
            'component_gate': 2000,
            'component_mirror': 3000,
            'component_limits_before': 4000,
            'component_multipliers': 5000,
            'held_mirror': 5998,
            'opening': 5999,
            'component_limits': 6000,
            'component_limits_mirror': 6100,
            'plan_gate': 7000,
            'plan_multipliers': 8000,
            'plan_limits': 9000,
            'plan_mirror': 9100,
            'conversion': 9998,
            'rounding': 9999,
        }[stage])
    }}
{%- endmacro -%}
