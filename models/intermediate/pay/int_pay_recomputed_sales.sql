-- One row a cancelled sale of a component with clawback_base recomputed: what its windows earn up to the day of the
-- cancellation, less what they would have earned without the sale, by the sale's own terms, and at its exchange rate
-- where pay goes out in another currency than the plan's. NULL while that is unknown.
with terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id
    from {{ ref('stg_planning__payable_terms') }}
    where clawback_base_code = 'recomputed'
),

cancellations as (
    select
        cancellations.rule_set_id,
        cancellations.sale_line_id,
        cancellations.payee_id,
        cancellations.plan_id,
        cancellations.component_id,
        cancellations.sale_kind_code,
        cancellations.sale_id,
        cancellations.clawback_date
    from {{ ref('int_pay_cancellations') }} as cancellations
    inner join terms
        on
            cancellations.rule_set_id = terms.rule_set_id
            and cancellations.plan_id = terms.plan_id
            and cancellations.plan_version = terms.plan_version
            and cancellations.component_id = terms.component_id
),

credits as (
    select
        credit_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        credit_id,
        case when event_kind_code = 'credit_note' then 'invoice' else event_kind_code end as sale_kind_code,
        origin_event_id
    from {{ ref('int_pay_credits_named') }}
),

measures as (
    select
        credit_number,
        scope_number,
        position,
        terms_number,
        style_code,
        sale_code,
        credit_date,
        pay_credit_amount,
        is_held,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
    where style_code in ('marginal', 'retroactive', 'step', 'interpolated')
),

tiers as (
    select
        scope_number,
        terms_number,
        is_lower_included,
        is_upper_included,
        lower_bound_amount,
        covers_from_amount,
        upper_bound_amount,
        covers_to_amount,
        rate_ratio,
        lower_pay_amount,
        upper_pay_amount
    from {{ ref('int_pay_tiers') }}
),

sales_in_windows as (
    select
        cancellations.rule_set_id,
        cancellations.sale_line_id,
        cancellations.clawback_date,
        measures.scope_number,
        measures.sale_code,
        measures.terms_number,
        measures.style_code,
        sum(measures.measure_after_amount - measures.measure_before_amount) as sale_measure_amount,
        sum(measures.pay_credit_amount) as sale_base_amount,
        count(*) as sale_credit_count
    from cancellations
    inner join credits
        on
            cancellations.rule_set_id = credits.rule_set_id
            and cancellations.payee_id = credits.payee_id
            and cancellations.plan_id = credits.plan_id
            and cancellations.component_id = credits.component_id
            and cancellations.sale_kind_code = credits.sale_kind_code
            and cancellations.sale_id = credits.origin_event_id
    inner join measures
        on
            credits.credit_number = measures.credit_number
            and cancellations.clawback_date >= measures.credit_date
    group by
        cancellations.rule_set_id, cancellations.sale_line_id, cancellations.clawback_date, measures.scope_number,
        measures.sale_code, measures.terms_number, measures.style_code
),

windows_to_date as (
    select
        sales.rule_set_id,
        sales.sale_line_id,
        sales.scope_number,
        sales.sale_code,
        sales.terms_number,
        sales.style_code,
        max(case when measures.is_held then 1 else 0 end) = 1 as is_held,
        {{ value_of_greatest('measures.measure_after_amount', 'measures.position', 'measures.position') }}
            as measure_amount,
        sum(case when measures.terms_number = sales.terms_number then measures.pay_credit_amount else 0 end)
            as base_amount,
        max(sales.sale_measure_amount) as sale_measure_amount,
        max(sales.sale_base_amount) as sale_base_amount,
        count(*) > max(sales.sale_credit_count) as has_other_sales
    from sales_in_windows as sales
    inner join measures
        on
            sales.scope_number = measures.scope_number
            and sales.sale_code = measures.sale_code
            and sales.clawback_date >= measures.credit_date
    group by
        sales.rule_set_id, sales.sale_line_id, sales.scope_number, sales.sale_code, sales.terms_number, sales.style_code
),

windows_with_and_without as (
    select
        rule_set_id,
        sale_line_id,
        scope_number,
        terms_number,
        style_code,
        is_held,
        has_other_sales,
        cast(measure_amount as {{ pay_type() }}) as measure_amount,
        cast(measure_amount - sale_measure_amount as {{ pay_type() }}) as measure_without_amount,
        cast(base_amount as {{ pay_type() }}) as base_amount,
        cast(base_amount - sale_base_amount as {{ pay_type() }}) as base_without_amount
    from windows_to_date
),

-- Marginal pay of what lies between the two measures, tier by tier; its sign is that of the sale.
marginal_slices as (
    select
        windows.rule_set_id,
        windows.sale_line_id,
        windows.measure_amount >= windows.measure_without_amount as is_upward,
        greatest(least(windows.measure_amount, windows.measure_without_amount), tiers.covers_from_amount)
        - coalesce(tiers.lower_bound_amount, 0) as low_amount,
        least(greatest(windows.measure_amount, windows.measure_without_amount), tiers.covers_to_amount)
        - coalesce(tiers.lower_bound_amount, 0) as high_amount,
        tiers.rate_ratio
    from windows_with_and_without as windows
    inner join tiers
        on
            windows.scope_number = tiers.scope_number
            and windows.terms_number = tiers.terms_number
            and least(windows.measure_amount, windows.measure_without_amount) < tiers.covers_to_amount
            and greatest(windows.measure_amount, windows.measure_without_amount) > tiers.covers_from_amount
    where windows.style_code = 'marginal'
),

-- What steps and points owe at both measures; a window without any sale owes nothing, whatever they pay at 0.
points as (
    {%- for measure, sign in [('measure_amount', 1), ('measure_without_amount', -1)] %}
    select
        windows.rule_set_id,
        windows.sale_line_id,
        {{ sign }} as direction,
        tiers.lower_pay_amount,
        tiers.upper_pay_amount - tiers.lower_pay_amount as risen_amount,
        cast(windows.{{ measure }} - tiers.lower_bound_amount as {{ pay_type() }}) as above_amount,
        cast(tiers.upper_bound_amount - tiers.lower_bound_amount as {{ pay_type() }}) as length_amount
    from windows_with_and_without as windows
    inner join tiers
        on
            windows.scope_number = tiers.scope_number
            and windows.terms_number = tiers.terms_number
            and {{ tier_holds('windows.' ~ measure) }}
    where
        windows.style_code in ('step', 'interpolated')
        and (windows.has_other_sales or {{ sign }} = 1)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

parts as (
    select
        rule_set_id,
        sale_line_id,
        false as is_held,
        cast(
            direction * (
                lower_pay_amount
                + coalesce({{ divide_once(multiply_amounts('risen_amount', 'above_amount'), 'length_amount') }}, 0)
            ) as {{ pay_type() }}
        ) as part_amount
    from points
    union all
    select
        rule_set_id,
        sale_line_id,
        false as is_held,
        case when is_upward then 1 else -1 end * {{ multiply_difference('low_amount', 'high_amount', 'rate_ratio') }}
            as part_amount
    from marginal_slices
    {%- for measure, base, sign in [
        ('measure_amount', 'base_amount', 1), ('measure_without_amount', 'base_without_amount', -1),
    ] %}
    union all
    select
        windows.rule_set_id,
        windows.sale_line_id,
        false as is_held,
        {{ sign }} * {{ multiply_exact('windows.' ~ base, 'tiers.rate_ratio') }} as part_amount
    from windows_with_and_without as windows
    inner join tiers
        on
            windows.scope_number = tiers.scope_number
            and windows.terms_number = tiers.terms_number
            and {{ tier_holds('windows.' ~ measure) }}
    where windows.style_code = 'retroactive'
    {%- endfor %}
    union all
    select
        rule_set_id,
        sale_line_id,
        is_held,
        cast(0 as {{ pay_type() }}) as part_amount
    from windows_with_and_without
),

parts_added as (
    select
        rule_set_id,
        sale_line_id,
        max(case when is_held then 1 else 0 end) = 1 as is_held,
        cast(sum(part_amount) as {{ pay_type() }}) as recomputed_amount
    from parts
    group by rule_set_id, sale_line_id
),

payout_rates as (
    select
        credits.rule_set_id,
        credits.credit_id,
        payout_rates.exchange_rate,
        payout_rates.inverse_rate
    from {{ ref('int_pay_payout_rates') }} as payout_rates
    inner join credits
        on payout_rates.credit_number = credits.credit_number
)

select
    parts_added.rule_set_id,
    parts_added.sale_line_id,
    parts_added.is_held,
    case
        when payout_rates.credit_id is null then parts_added.recomputed_amount
        else {{
            convert_exactly('parts_added.recomputed_amount', 'payout_rates.exchange_rate', 'payout_rates.inverse_rate')
        }}
    end as recomputed_amount
from parts_added
left join payout_rates
    on
        parts_added.rule_set_id = payout_rates.rule_set_id
        and parts_added.sale_line_id = payout_rates.credit_id
