{#- Whether a tier holds a point: at a bound the boundary decides. -#}
{%- macro tier_holds(point) -%}
    (
        (tiers.covers_from_amount < {{ point }} or (tiers.is_lower_included and tiers.covers_from_amount = {{ point }}))
        and (
            {{ point }} < tiers.covers_to_amount
            or (tiers.is_upper_included and {{ point }} = tiers.covers_to_amount)
        )
    )
{%- endmacro -%}

{#- What of a base lies above the amount that an excess is counted from; all of it where there is none. -#}
{%- macro above_excess(base, relation) -%}
    case
        when {{ relation }}.excess_over_amount is null then {{ base }}
        else greatest({{ base }} - {{ relation }}.excess_over_amount, 0)
    end
{%- endmacro -%}

{#-
    The part of an event that a credit rule takes for one of the two numbers of a credit, to 12 decimals: of the share in the
    event's currency, or of the share of 1 where events are counted. `unit` is the column that says which.
-#}
{%- macro credited_part(ratio, unit, share='credit_ratio', amount='share_amount') -%}
    case
        when credits_described.{{ unit }} = 'count'
            then cast(
                {{ multiply_exact(
                    'cast(credits_described.event_count * credits_described.' ~ share ~ ' as ' ~ pay_type() ~ ')',
                    'credits_described.' ~ ratio
                ) }} as {{ pay_type() }}
            )
        when credits_described.{{ ratio }} = 1 then credits_described.{{ amount }}
        else {{ multiply_quickly('credits_described.' ~ amount, 'credits_described.' ~ ratio) }}
    end
{%- endmacro -%}

{#- A part in the plan's currency, to 12 decimals; counts need no rate. NULL for a credit that is held. -#}
{%- macro credited_number(part, unit, relation='credits_dated') -%}
    case
        when {{ relation }}.hold_text is not null then null
        when {{ relation }}.is_same_money or {{ relation }}.{{ unit }} = 'count' then {{ relation }}.{{ part }}
        else {{ convert_exactly(
            relation ~ '.' ~ part, relation ~ '.exchange_rate', relation ~ '.inverse_rate'
        ) }}
    end
{%- endmacro -%}
