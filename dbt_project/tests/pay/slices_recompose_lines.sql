{{ config(severity='error', meta={
    'reason': 'A line whose slices give another amount explains a number that was not paid.',
    'protects': ['fct_payout_traces', 'fct_payout_lines'],
}) }}
-- Lines that differ from their slices, each slice computed again from its factors alone.
with slices as (
    select
        rule_set_id,
        line_id,
        trace_kind_code,
        slice_amount,
        base_amount,
        from_amount,
        to_amount,
        rate_ratio,
        prior_rate_ratio,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        lower_bound_amount,
        upper_bound_amount,
        numerator_amount is not null
        and denominator_amount is not null
        and trace_kind_code in ('share', 'mirror', 'owed_after', 'owed_before', 'gate', 'take_back', 'multiplier')
            as is_divided
    from {{ ref('fct_payout_traces') }}
),

factors as (
    select
        rule_set_id,
        line_id,
        trace_kind_code,
        slice_amount,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        case
            when trace_kind_code = 'share' then {{ multiply_exact('base_amount', 'rate_ratio') }}
            when trace_kind_code in ('mirror', 'owed_after', 'owed_before') then base_amount
            else coalesce(point_pay_amount, {{ multiply_exact('base_amount', 'rate_ratio') }}) - base_amount
        end as factor_amount
    from slices
    where is_divided
),

-- Apart from the others, since the engine computes what stands in a quotient twice once, but not inside a CASE.
quotients as (
    select
        rule_set_id,
        line_id,
        trace_kind_code,
        slice_amount,
        point_pay_amount,
        {{ divide_once(multiply_amounts('factor_amount', 'numerator_amount'), 'denominator_amount') }}
            as quotient_amount
    from factors
),

recomposed as (
    select
        rule_set_id,
        line_id,
        slice_amount,
        case trace_kind_code
            when 'owed_after' then point_pay_amount + quotient_amount
            when 'owed_before' then -(point_pay_amount + quotient_amount)
            else quotient_amount
        end as recomposed_amount
    from quotients
    union all
    select
        rule_set_id,
        line_id,
        slice_amount,
        case
            -- In 64 bits where these hold a product, and only products that are there: most rows are such slices.
            when trace_kind_code in ('slice', 'rerate')
                then
                    {{ multiply_quickly('to_amount', 'rate_ratio') }}
                    - case when from_amount = 0 then 0 else {{ multiply_quickly('from_amount', 'rate_ratio') }} end
                    - case
                        when prior_rate_ratio is null then 0
                        else
                            {{ multiply_quickly('to_amount', 'prior_rate_ratio') }}
                            - {{ multiply_quickly('from_amount', 'prior_rate_ratio') }}
                    end
            when trace_kind_code in ('owed_after', 'intercept') then point_pay_amount
            when trace_kind_code = 'owed_before' then -point_pay_amount
            when trace_kind_code in ('gate', 'take_back', 'multiplier') and denominator_amount is null
                then coalesce(point_pay_amount, {{ multiply_exact('base_amount', 'rate_ratio') }}) - base_amount
            when trace_kind_code = 'release'
                then base_amount - coalesce(point_pay_amount, {{ multiply_exact('base_amount', 'rate_ratio') }})
            when trace_kind_code = 'limit'
                then
                    {{ limited_pay('to_amount', 'lower_bound_amount', 'upper_bound_amount') }}
                    - {{ limited_pay('from_amount', 'lower_bound_amount', 'upper_bound_amount') }}
                    - (to_amount - from_amount)
            when trace_kind_code in ('floor', 'interim_before', 'true_up') then base_amount - point_pay_amount
            when trace_kind_code = 'interim_after' then point_pay_amount - base_amount
            when trace_kind_code = 'carry' then base_amount
            when trace_kind_code = 'opening' then -base_amount
            when trace_kind_code = 'linked' then {{ multiply_exact('base_amount', 'rate_ratio') }}
            when trace_kind_code = 'conversion'
                then {{ convert_exactly('base_amount', 'rate_ratio', 'denominator_amount') }} - base_amount
            when trace_kind_code in ('rounding', 'posted', 'recomputed', 'less_posted') then slice_amount
        end as recomposed_amount
    from slices
    where not is_divided
),

slices_added as (
    select
        rule_set_id,
        line_id,
        sum(recomposed_amount) as recomposed_amount,
        sum(slice_amount) as slice_amount,
        count(*) - count(recomposed_amount) as unknown_count
    from recomposed
    group by rule_set_id, line_id
),

payout_lines as (
    select
        rule_set_id,
        line_id,
        earned_amount
    from {{ ref('fct_payout_lines') }}
    where not is_held
)

select coalesce(payout_lines.line_id, slices_added.line_id) as line_id
from payout_lines
full outer join slices_added
    on
        payout_lines.rule_set_id = slices_added.rule_set_id
        and payout_lines.line_id = slices_added.line_id
where
    payout_lines.line_id is null
    or slices_added.unknown_count > 0
    or payout_lines.earned_amount <> coalesce(slices_added.slice_amount, 0)
    or payout_lines.earned_amount <> coalesce(slices_added.recomposed_amount, 0)
