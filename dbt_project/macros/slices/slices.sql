{#- The columns of a slice, the same in every model of curves. -#}
{%- macro slice_columns() -%}
    scope_number,
    position,
    caused_by_credit_number,
    trace_kind_code,
    tier_number,
    lower_bound_amount,
    upper_bound_amount,
    slice_order,
    base_amount,
    from_amount,
    to_amount,
    rate_ratio,
    prior_rate_ratio,
    numerator_amount,
    denominator_amount,
    point_pay_amount,
    slice_amount
{%- endmacro -%}

{#-
    Slices that are differences of products, P(to) - P(from) with P(x) = x times rate to 12 decimals, so that slices of
    one tier add up over any credits.
-#}
{%- macro product_slices(relation) -%}
    select
        scope_number,
        position,
        caused_by_credit_number,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        case trace_kind_code when 'rerate' then 1000 else 0 end + tier_number as slice_order,
        cast(to_amount - from_amount as {{ pay_type() }}) as base_amount,
        cast(from_amount as {{ pay_type() }}) as from_amount,
        cast(to_amount as {{ pay_type() }}) as to_amount,
        rate_ratio,
        prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        {{ product_slice_amount() }} as slice_amount
    from {{ relation }}
{%- endmacro -%}

{#- What such a slice comes to; of a re-rate the same at the prior rate is taken off. -#}
{%- macro product_slice_amount() -%}
    cast(
        {{ multiply_difference('from_amount', 'to_amount', 'rate_ratio') }}
        - case
            when prior_rate_ratio is null then 0
            else {{ multiply_difference('from_amount', 'to_amount', 'prior_rate_ratio') }}
        end
        as {{ pay_type() }}
    )
{%- endmacro -%}
