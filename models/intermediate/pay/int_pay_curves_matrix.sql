-- One row a slice of a matrix: the tiers along the component's own measure, at the rates of the cell that the further
-- measures stand in when they are read. A line keeps its cell. A credit has a row without an amount that says what was
-- read, and is held where that is unknown, as every later one of its window is. Kinds: cell, slice, rerate, owed_after
-- and owed_before.
with bands as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        axis_number,
        measured_component_id,
        reading_code,
        unit_code,
        coalesce(boundary_code, 'upper') = 'upper' as is_lower_included,
        coalesce(boundary_code, 'upper') = 'lower' as is_upper_included,
        lower_bound_amount,
        upper_bound_amount,
        lower_bound_ratio,
        upper_bound_ratio,
        cell_offset,
        outside_code
    from {{ ref('stg_planning__matrix_bands') }}
),

axes as (
    select distinct
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        axis_number,
        measured_component_id,
        reading_code,
        unit_code
    from bands
),

measures as (
    select
        credit_number,
        scope_number,
        position,
        terms_number,
        style_code,
        is_held,
        is_mirror,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
),

ruled_credits as (
    select
        credit_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id
    from {{ ref('int_pay_ruled_credits') }}
),

readings as (
    select
        credit_number,
        scope_number,
        measured_component_id,
        reading_code,
        quota_amount,
        is_unknown,
        measure_after_amount
    from {{ ref('int_pay_readings') }}
),

tiers as (
    select
        scope_number,
        terms_number,
        cell_number,
        tier_number,
        is_lower_included,
        is_upper_included,
        lower_bound_amount,
        upper_bound_amount,
        covers_from_amount,
        covers_to_amount,
        rate_ratio,
        lower_pay_amount
    from {{ ref('int_pay_tiers') }}
    where cell_number is not null
),

matrix_credits as (
    select
        measures.credit_number,
        measures.scope_number,
        measures.position,
        measures.terms_number,
        measures.style_code,
        measures.is_held,
        measures.pay_credit_amount,
        measures.measure_before_amount,
        measures.measure_after_amount,
        ruled_credits.rule_set_id,
        ruled_credits.payee_id,
        ruled_credits.plan_id,
        ruled_credits.plan_version,
        ruled_credits.component_id,
        ruled_credits.period_id
    from measures
    inner join ruled_credits
        on measures.credit_number = ruled_credits.credit_number
    where
        not measures.is_mirror
        and measures.style_code in (
            'matrix_marginal', 'matrix_whole_event_before', 'matrix_whole_event_after', 'matrix_retroactive',
            'matrix_step'
        )
),

-- What pays for a period has one credit in it: its ratio to date is known from then on, and not before.
period_ratios as (
    select
        ruled_credits.rule_set_id,
        ruled_credits.payee_id,
        ruled_credits.plan_id,
        ruled_credits.component_id,
        ruled_credits.period_id,
        max(measures.measure_after_amount) as measure_amount
    from ruled_credits
    inner join measures
        on ruled_credits.credit_number = measures.credit_number
    where exists (
            select 1 from axes
            where
                ruled_credits.rule_set_id = axes.rule_set_id
                and ruled_credits.plan_id = axes.plan_id
                and ruled_credits.component_id = axes.measured_component_id
                and axes.unit_code = 'measure'
        )
    group by
        ruled_credits.rule_set_id, ruled_credits.payee_id, ruled_credits.plan_id, ruled_credits.component_id,
        ruled_credits.period_id
),

axes_read as (
    select
        matrix_credits.credit_number,
        axes.rule_set_id,
        axes.plan_id,
        axes.plan_version,
        axes.component_id,
        axes.axis_number,
        axes.measured_component_id,
        readings.quota_amount,
        case
            when axes.unit_code = 'measure' then period_ratios.measure_amount
            when
                not coalesce(readings.is_unknown, true)
                and (axes.unit_code <> 'ratio' or readings.quota_amount is not null)
                then readings.measure_after_amount
        end as measure_amount
    from matrix_credits
    inner join axes
        on
            matrix_credits.rule_set_id = axes.rule_set_id
            and matrix_credits.plan_id = axes.plan_id
            and matrix_credits.plan_version = axes.plan_version
            and matrix_credits.component_id = axes.component_id
    left join readings
        on
            matrix_credits.credit_number = readings.credit_number
            and matrix_credits.scope_number = readings.scope_number
            and axes.measured_component_id = readings.measured_component_id
            and axes.reading_code = readings.reading_code
    left join period_ratios
        on
            matrix_credits.rule_set_id = period_ratios.rule_set_id
            and matrix_credits.payee_id = period_ratios.payee_id
            and matrix_credits.plan_id = period_ratios.plan_id
            and axes.measured_component_id = period_ratios.component_id
            and matrix_credits.period_id = period_ratios.period_id
),

bands_in_amounts as (
    select
        axes_read.credit_number,
        axes_read.axis_number,
        axes_read.measured_component_id,
        axes_read.measure_amount,
        bands.is_lower_included,
        bands.is_upper_included,
        bands.cell_offset,
        bands.outside_code,
        coalesce(
            cast(bands.lower_bound_amount as {{ pay_type() }}),
            case when bands.unit_code = 'measure' then cast(bands.lower_bound_ratio as {{ pay_type() }}) end,
            cast(
                {{
                    multiply_exact('cast(axes_read.quota_amount as ' ~ pay_type() ~ ')', 'bands.lower_bound_ratio')
                }}
                as {{ pay_type() }}
            ),
            cast(-1000000000000000000000000 as {{ pay_type() }})
        ) as covers_from_amount,
        coalesce(
            cast(bands.upper_bound_amount as {{ pay_type() }}),
            case when bands.unit_code = 'measure' then cast(bands.upper_bound_ratio as {{ pay_type() }}) end,
            cast(
                {{
                    multiply_exact('cast(axes_read.quota_amount as ' ~ pay_type() ~ ')', 'bands.upper_bound_ratio')
                }}
                as {{ pay_type() }}
            ),
            cast(1000000000000000000000000 as {{ pay_type() }})
        ) as covers_to_amount
    from axes_read
    inner join bands
        on
            axes_read.rule_set_id = bands.rule_set_id
            and axes_read.plan_id = bands.plan_id
            and axes_read.plan_version = bands.plan_version
            and axes_read.component_id = bands.component_id
            and axes_read.axis_number = bands.axis_number
),

credits_in_bands as (
    select
        tiers.credit_number,
        max(case when tiers.measure_amount is null or tiers.outside_code = 'error' then 1 else 0 end) as held_count,
        -- Outside of an axis where that earns nothing there is no cell.
        case when count(*) = count(tiers.cell_offset) then 1 + sum(tiers.cell_offset) end as cell_number,
        max(
            case
                when tiers.axis_number = 1
                    then tiers.measured_component_id || ' at ' || {{ number_in_words('tiers.measure_amount') }}
            end
        ) as axis_1_text,
        max(
            case
                when tiers.axis_number = 2
                    then tiers.measured_component_id || ' at ' || {{ number_in_words('tiers.measure_amount') }}
            end
        ) as axis_2_text,
        max(
            case
                when tiers.axis_number = 3
                    then tiers.measured_component_id || ' at ' || {{ number_in_words('tiers.measure_amount') }}
            end
        ) as axis_3_text
    from bands_in_amounts as tiers
    where
        tiers.measure_amount is null
        or {{ tier_holds('tiers.measure_amount') }}
    group by tiers.credit_number
),

credits_in_cells as (
    select
        matrix_credits.scope_number,
        matrix_credits.position,
        matrix_credits.terms_number,
        matrix_credits.style_code,
        matrix_credits.pay_credit_amount,
        matrix_credits.measure_before_amount,
        matrix_credits.measure_after_amount,
        credits_in_bands.cell_number,
        'at the rates of ' || credits_in_bands.axis_1_text || coalesce(', ' || credits_in_bands.axis_2_text, '')
        || coalesce(', ' || credits_in_bands.axis_3_text, '') as cell_text,
        matrix_credits.credit_number,
        matrix_credits.is_held as is_measure_held,
        max(credits_in_bands.held_count) over (
            partition by matrix_credits.scope_number
            order by matrix_credits.position
            rows between unbounded preceding and current row
        ) = 1 as is_held
    from matrix_credits
    inner join credits_in_bands
        on matrix_credits.credit_number = credits_in_bands.credit_number
),

known_credits as (
    select
        scope_number,
        position,
        terms_number,
        style_code,
        cell_number,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount,
        position = 1 as is_first,
        sum(pay_credit_amount) over (
            partition by scope_number, terms_number
            order by position
            rows between unbounded preceding and current row
        ) as base_after_amount
    from credits_in_cells
    where
        not is_held
        and not is_measure_held
),

marginal_slices as (
    select
        credits.scope_number,
        credits.position,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        tiers.rate_ratio,
        coalesce(tiers.lower_bound_amount, 0) as anchor_amount,
        credits.measure_after_amount >= credits.measure_before_amount as is_upward,
        greatest(least(credits.measure_before_amount, credits.measure_after_amount), tiers.covers_from_amount)
            as low_amount,
        least(greatest(credits.measure_before_amount, credits.measure_after_amount), tiers.covers_to_amount)
            as high_amount
    from known_credits as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.terms_number = tiers.terms_number
            and credits.cell_number = tiers.cell_number
            and least(credits.measure_before_amount, credits.measure_after_amount) < tiers.covers_to_amount
            and greatest(credits.measure_before_amount, credits.measure_after_amount) > tiers.covers_from_amount
    where credits.style_code = 'matrix_marginal'
),

{%- for point in ['before', 'after'] %}

tiers_{{ point }} as (
    select
        credits.scope_number,
        credits.position,
        credits.style_code,
        credits.is_first,
        credits.pay_credit_amount,
        credits.base_after_amount,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        tiers.rate_ratio,
        tiers.lower_pay_amount
    from known_credits as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.terms_number = tiers.terms_number
            and credits.cell_number = tiers.cell_number
            and {{ tier_holds('credits.measure_' ~ point ~ '_amount') }}
),
{%- endfor %}

product_sources as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
        'slice' as trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        case when is_upward then low_amount else high_amount end - anchor_amount as from_amount,
        case when is_upward then high_amount else low_amount end - anchor_amount as to_amount,
        rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from marginal_slices
    {%- for point in ['before', 'after'] %}
    union all
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
        'slice' as trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        cast(0 as {{ pay_type() }}) as from_amount,
        pay_credit_amount as to_amount,
        rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from tiers_{{ point }}
    where style_code = 'matrix_whole_event_{{ point }}'
    {%- endfor %}
    union all
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
        'slice' as trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        base_after_amount - pay_credit_amount as from_amount,
        base_after_amount as to_amount,
        rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from tiers_after
    where style_code = 'matrix_retroactive'
    union all
    select
        after_credits.scope_number,
        after_credits.position,
        cast(null as bigint) as caused_by_credit_number,
        'rerate' as trace_kind_code,
        after_credits.tier_number,
        after_credits.lower_bound_amount,
        after_credits.upper_bound_amount,
        cast(0 as {{ pay_type() }}) as from_amount,
        after_credits.base_after_amount - after_credits.pay_credit_amount as to_amount,
        after_credits.rate_ratio,
        before_credits.rate_ratio as prior_rate_ratio
    from tiers_after as after_credits
    inner join tiers_before as before_credits
        on
            after_credits.scope_number = before_credits.scope_number
            and after_credits.position = before_credits.position
    where
        after_credits.style_code = 'matrix_retroactive'
        and after_credits.rate_ratio <> before_credits.rate_ratio
        and after_credits.base_after_amount <> after_credits.pay_credit_amount
),

slices as (
    {{ product_slices('product_sources') }}
    {%- for point, direction in [('after', 1), ('before', -1)] %}
    union all
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
        'owed_{{ point }}' as trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        {{ 0 if point == 'after' else 1000 }} + tier_number as slice_order,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        lower_pay_amount as point_pay_amount,
        cast({{ direction }} * lower_pay_amount as {{ pay_type() }}) as slice_amount
    from tiers_{{ point }}
    where
        style_code = 'matrix_step'
        {%- if point == 'before' %}
        and not is_first
        {%- endif %}
    {%- endfor %}
)

select
    {{ slice_columns() }},
    cast(null as bigint) as credit_number,
    cast(null as {{ dbt.type_string() }}) as cell_text,
    false as is_held
from slices
union all
-- What a line was read at, or that it is held.
select
    scope_number,
    position,
    cast(null as bigint) as caused_by_credit_number,
    'cell' as trace_kind_code,
    cast(null as bigint) as tier_number,
    cast(null as {{ pay_type() }}) as lower_bound_amount,
    cast(null as {{ pay_type() }}) as upper_bound_amount,
    cast(0 as bigint) as slice_order,
    cast(null as {{ pay_type() }}) as base_amount,
    cast(null as {{ pay_type() }}) as from_amount,
    cast(null as {{ pay_type() }}) as to_amount,
    cast(null as {{ ratio_type() }}) as rate_ratio,
    cast(null as {{ ratio_type() }}) as prior_rate_ratio,
    cast(null as {{ pay_type() }}) as numerator_amount,
    cast(null as {{ pay_type() }}) as denominator_amount,
    cast(null as {{ pay_type() }}) as point_pay_amount,
    cast(null as {{ pay_type() }}) as slice_amount,
    credit_number,
    cell_text,
    is_held
from credits_in_cells
where not is_measure_held
