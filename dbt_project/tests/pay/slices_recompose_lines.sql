{{ config(severity='error', meta={
    'reason': 'A line whose slices give another amount explains a number that was not paid.',
    'protects': ['fct_payout_traces', 'fct_payout_lines'],
}) }}
-- Lines that differ from their slices, each slice computed again from its factors alone.
with slices as (
    select
        rule_set_id,
        line_id,
        slice_amount,
        case
            when trace_kind_code in ('slice', 'rerate')
                then
                    {{ multiply_exact('to_amount', 'rate_ratio') }} - {{ multiply_exact('from_amount', 'rate_ratio') }}
                    - coalesce({{ multiply_exact('to_amount', 'prior_rate_ratio') }}, 0)
                    + coalesce({{ multiply_exact('from_amount', 'prior_rate_ratio') }}, 0)
            when trace_kind_code = 'share'
                then {{
                    divide_once(
                        multiply_amounts(multiply_exact('base_amount', 'rate_ratio'), 'numerator_amount'),
                        'denominator_amount'
                    )
                }}
            when trace_kind_code = 'mirror'
                then {{ divide_once(multiply_amounts('base_amount', 'numerator_amount'), 'denominator_amount') }}
            when trace_kind_code in ('owed_after', 'owed_before')
                then
                    case trace_kind_code when 'owed_after' then 1 else -1 end * (
                        point_pay_amount
                        + coalesce(
                            {{
                                divide_once(multiply_amounts('base_amount', 'numerator_amount'), 'denominator_amount')
                            }},
                            0
                        )
                    )
            when trace_kind_code = 'intercept' then point_pay_amount
            when trace_kind_code in ('gate', 'take_back', 'multiplier')
                then
                    case
                        when point_pay_amount is not null and denominator_amount is null
                            then point_pay_amount - base_amount
                        when point_pay_amount is not null
                            then {{
                                divide_once(
                                    multiply_amounts('(point_pay_amount - base_amount)', 'numerator_amount'),
                                    'denominator_amount'
                                )
                            }}
                        when denominator_amount is null
                            then {{ multiply_exact('base_amount', 'rate_ratio') }} - base_amount
                        else {{
                            divide_once(
                                multiply_amounts(
                                    '(' ~ multiply_exact('base_amount', 'rate_ratio') ~ ' - base_amount)',
                                    'numerator_amount'
                                ),
                                'denominator_amount'
                            )
                        }}
                    end
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
            when trace_kind_code = 'linked' then {{ multiply_exact('base_amount', 'rate_ratio') }}
            when trace_kind_code = 'conversion'
                then {{ convert_exactly('base_amount', 'rate_ratio', 'denominator_amount') }} - base_amount
            when trace_kind_code in ('rounding', 'posted', 'recomputed', 'less_posted') then slice_amount
        end as recomposed_amount
    from {{ ref('fct_payout_traces') }}
),

slices_added as (
    select
        rule_set_id,
        line_id,
        sum(recomposed_amount) as recomposed_amount,
        sum(slice_amount) as slice_amount,
        count(*) - count(recomposed_amount) as unknown_count
    from slices
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
