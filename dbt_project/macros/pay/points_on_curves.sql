{#- Whether a tier holds a point: at a bound the boundary decides, upper where it cannot matter. -#}
{%- macro tier_holds(point) -%}
    (
        (
            coalesce(tiers.boundary_code, 'upper') = 'upper'
            and tiers.covers_from_amount <= {{ point }}
            and {{ point }} < tiers.covers_to_amount
        )
        or (
            tiers.boundary_code = 'lower'
            and tiers.covers_from_amount < {{ point }}
            and {{ point }} <= tiers.covers_to_amount
        )
    )
{%- endmacro -%}

{#-
    One number of a credit in the plan's currency or in events: the share times the rule's ratio times the rate, each product
    to 12 decimals. `unit` is the column that says amount or count. NULL for a credit that is held.
-#}
{%- macro credited_number(ratio, unit) -%}
    case
        when credits_dated.hold_text is not null then null
        when credits_dated.{{ unit }} = 'count'
            then {{ multiply_exact('cast(credits_dated.counted_ratio as ' ~ pay_type() ~ ')', 'credits_dated.' ~ ratio) }}
        when credits_dated.{{ ratio }} = 1 and credits_dated.exchange_rate = 1 then credits_dated.share_amount
        else
            {{ multiply_exact(
                multiply_exact('credits_dated.share_amount', 'credits_dated.' ~ ratio), 'credits_dated.exchange_rate'
            ) }}
    end
{%- endmacro -%}
