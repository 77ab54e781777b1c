-- One row a line and effect of the rules of its component, with the factors of it, and what a mirror takes back of the
-- effects of the sale's line. A held row has no amount: its line is held.
with effects_of_rules as (
    {{
        effects_of_rules([
            ('int_pay_gates', 'gates'), ('int_pay_limits_before', 'limits'), ('int_pay_multipliers', 'multipliers'),
            ('int_pay_limits', 'limits'),
        ])
    }}
),

{{
    mirrored_effects(
        'effects_of_rules', none, [('component_limits', 'component_limits_mirror'), (none, 'component_mirror')]
    )
}}

{{ effects_from('effects_of_rules', effect_columns() | list) }}
union all
{{ effects_from('mirrored_effects', ['mirrored_kind_code', 'base_amount', 'numerator_amount', 'denominator_amount']) }}
