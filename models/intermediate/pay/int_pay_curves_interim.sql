-- Two rows a line of a ratio whose window has interim pay: what the curve earns to date and what of it is paid, before
-- the period and after it. The first is added, the second taken off, so that a line is what is paid to date less what
-- was paid. Kinds: interim_before, or true_up in the last period, and interim_after.
with ratios as (
    select
        scope_number,
        period_id,
        interim_code,
        interim_share_ratio,
        part_number,
        part_count,
        is_last
    from {{ ref('int_pay_ratios') }}
),

interim_scopes as (
    select distinct scope_number
    from ratios
    where interim_code is not null
),

measures as (
    select
        scope_number,
        position,
        terms_number,
        period_id
    from {{ ref('int_pay_measures') }}
    where not is_held
),

terms as (
    select
        scope_number,
        terms_number,
        target_amount
    from {{ ref('int_pay_terms') }}
),

slices as (
    {%- for style in ['marginal', 'retroactive', 'pointwise'] %}
    select
        scope_number,
        position,
        slice_amount
    from {{ ref('int_pay_curves_' ~ style) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

slices_added as (
    select
        slices.scope_number,
        slices.position,
        sum(slices.slice_amount) as slice_amount
    from slices
    inner join interim_scopes
        on slices.scope_number = interim_scopes.scope_number
    group by slices.scope_number, slices.position
),

lines_to_date as (
    select
        measures.scope_number,
        measures.position,
        ratios.interim_code,
        ratios.part_number,
        ratios.part_count,
        ratios.is_last,
        case
            when ratios.interim_code = 'share_of_target' and not ratios.is_last
                then cast(
                        {{ multiply_exact(
                            'cast(terms.target_amount as ' ~ pay_type() ~ ')', 'ratios.interim_share_ratio'
                        ) }}
                        as {{ pay_type() }}
                    )
            else 0
        end as share_amount,
        cast(sum(coalesce(slices_added.slice_amount, 0)) over scopes_to_date as {{ pay_type() }}) as earned_amount
    from measures
    inner join interim_scopes
        on measures.scope_number = interim_scopes.scope_number
    inner join ratios
        on
            measures.scope_number = ratios.scope_number
            and measures.period_id = ratios.period_id
    inner join terms
        on
            measures.scope_number = terms.scope_number
            and measures.terms_number = terms.terms_number
    left join slices_added
        on
            measures.scope_number = slices_added.scope_number
            and measures.position = slices_added.position
    window scopes_to_date as (
        partition by measures.scope_number
        order by measures.position
        rows between unbounded preceding and current row
    )
),

-- What is paid to date follows what is earned to date, or waits, apart from a share of the target, for the next period
-- in which it does.
lines_settled as (
    select
        scope_number,
        position,
        interim_code,
        is_last,
        earned_amount,
        {{ divide_once('share_amount', 'cast(part_count as ' ~ pay_type() ~ ')') }} as share_amount,
        case
            when interim_code is null or is_last then earned_amount
            when interim_code = 'actual_to_date_prorated_quota'
                then cast(
                        {{ divide_once(
                            multiply_amounts('earned_amount', 'part_number'), 'cast(part_count as ' ~ pay_type() ~ ')'
                        ) }}
                        as {{ pay_type() }}
                    )
        end as settled_amount
    from lines_to_date
),

lines_grouped as (
    select
        scope_number,
        position,
        interim_code,
        is_last,
        earned_amount,
        share_amount,
        settled_amount,
        count(settled_amount) over (
            partition by scope_number
            order by position
            rows between unbounded preceding and current row
        ) as settled_count
    from lines_settled
),

lines_paid as (
    select
        scope_number,
        position,
        interim_code,
        is_last,
        earned_amount,
        cast(
            coalesce(max(settled_amount) over (partition by scope_number, settled_count), 0)
            + coalesce(
                sum(share_amount) over (
                    partition by scope_number, settled_count
                    order by position
                    rows between unbounded preceding and current row
                ),
                0
            )
            as {{ pay_type() }}
        ) as paid_amount
    from lines_grouped
),

steps as (
    select
        scope_number,
        position,
        case
            when interim_code is not null and is_last then 'true_up'
            else 'interim_before'
        end as before_code,
        lag(earned_amount) over scopes_in_order as earned_before_amount,
        lag(paid_amount) over scopes_in_order as paid_before_amount,
        earned_amount,
        paid_amount
    from lines_paid
    window scopes_in_order as (partition by scope_number order by position)
),

interim_slices as (
    select
        scope_number,
        position,
        before_code as trace_kind_code,
        8000 as slice_order,
        earned_before_amount as base_amount,
        paid_before_amount as point_pay_amount,
        earned_before_amount - paid_before_amount as slice_amount
    from steps
    where
        earned_before_amount <> paid_before_amount
        or (before_code = 'true_up' and earned_before_amount is not null)
    union all
    select
        scope_number,
        position,
        'interim_after' as trace_kind_code,
        8001 as slice_order,
        earned_amount as base_amount,
        paid_amount as point_pay_amount,
        paid_amount - earned_amount as slice_amount
    from steps
    where earned_amount <> paid_amount
)

select
    scope_number,
    position,
    cast(null as bigint) as caused_by_credit_number,
    trace_kind_code,
    cast(null as bigint) as tier_number,
    cast(null as {{ pay_type() }}) as lower_bound_amount,
    cast(null as {{ pay_type() }}) as upper_bound_amount,
    cast(slice_order as bigint) as slice_order,
    base_amount,
    cast(null as {{ pay_type() }}) as from_amount,
    cast(null as {{ pay_type() }}) as to_amount,
    cast(null as {{ ratio_type() }}) as rate_ratio,
    cast(null as {{ ratio_type() }}) as prior_rate_ratio,
    cast(null as {{ pay_type() }}) as numerator_amount,
    cast(null as {{ pay_type() }}) as denominator_amount,
    point_pay_amount,
    cast(slice_amount as {{ pay_type() }}) as slice_amount
from interim_slices
