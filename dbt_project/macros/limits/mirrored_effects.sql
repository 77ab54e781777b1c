{#-
    What mirrors take back of the effects of rules, one row a reversal's line and effect of its sale's, each in
    proportion; a held row where nobody knows the sale's line. What a rule changes of the sale's line after the reversal
    is taken back as it comes.

    Args: effects: a relation of the query with what rules change; before: the model of what earlier rules change of the
    same lines, with its mirrors, or none; stages: pairs of a stage of effects, highest first, and the stage of what a
    mirror takes back of those after it that came before the reversal.
-#}
{%- macro mirrored_effects(effects, before, stages) -%}
reversals as (
    select
        scope_number,
        position,
        sale_credit_number,
        event_order,
        cast(mirrored_amount as {{ pay_type() }}) as numerator_amount,
        cast(mirrored_of_amount as {{ pay_type() }}) as denominator_amount
    from {{ ref('int_pay_ruled_credits') }}
    where is_mirror
),

sales as (
    select
        credit_number,
        scope_number,
        position
    from {{ ref('int_pay_ruled_credits') }}
),

causes as (
    select
        credit_number,
        scope_number,
        position,
        event_order,
        credit_order
    from {{ ref('int_pay_ruled_credits') }}
),

-- What a gate releases of the sale after the reversal, and what changes its re-rates, is taken back as it comes.
effects_to_mirror as (
    select
        reversals.scope_number,
        reversals.position,
        effects.caused_by_credit_number,
        effects.trace_kind_code,
        effects.is_held,
        effects.slice_order,
        effects.slice_amount,
        reversals.numerator_amount,
        reversals.denominator_amount,
        coalesce(causes.credit_order, 0) as cause_order,
        case
            when effects.caused_by_credit_number is null then false
            when reversals.scope_number = sales.scope_number and reversals.scope_number = causes.scope_number
                then causes.position > reversals.position
            else causes.event_order > reversals.event_order
        end as is_later
    from reversals
    inner join sales
        on reversals.sale_credit_number = sales.credit_number
    inner join {{ effects }} as effects
        on
            sales.scope_number = effects.scope_number
            and sales.position = effects.position
    left join causes
        on effects.caused_by_credit_number = causes.credit_number
),

effects_taken_back as (
    select
        scope_number,
        position,
        case when is_later then caused_by_credit_number end as caused_by_credit_number,
        trace_kind_code as mirrored_kind_code,
        is_held,
        -- Effects of the sale's own line, and of what comes later, are one each in their line, and keep their place.
        case
            when caused_by_credit_number is null or is_later then slice_order
            else
                row_number() over (partition by scope_number, position order by cause_order, slice_order)
                + case
                    {%- for stage, mirror in stages %}
                    when slice_order > {{ 0 if stage is none else slice_order(stage) }} then {{ slice_order(mirror) }}
                    {%- endfor %}
                end
        end as slice_order,
        slice_amount as base_amount,
        numerator_amount,
        denominator_amount
    from effects_to_mirror
),

-- What a mirror takes back as it comes waits with the line of the sale.
returns as (
    select
        scope_number,
        position,
        caused_by_credit_number
    from {{ ref('int_pay_curves_mirrored') }}
    where caused_by_credit_number is not null
    union
    select
        scope_number,
        position,
        caused_by_credit_number
    from effects_taken_back
    where caused_by_credit_number is not null
    {%- if before %}
    union
    select
        scope_number,
        position,
        caused_by_credit_number
    from {{ ref(before) }}
    where
        trace_kind_code = 'mirror'
        and caused_by_credit_number is not null
    {%- endif %}
),

held_returns as (
    select distinct
        returns.scope_number,
        returns.position,
        returns.caused_by_credit_number
    from returns
    inner join effects_to_mirror
        on
            returns.scope_number = effects_to_mirror.scope_number
            and returns.position = effects_to_mirror.position
    where
        effects_to_mirror.caused_by_credit_number is null
        and effects_to_mirror.is_held
),

mirrored_effects as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        'mirror' as trace_kind_code,
        mirrored_kind_code,
        is_held,
        cast(slice_order as integer) as slice_order,
        base_amount,
        numerator_amount,
        denominator_amount,
        cast(
            {{ divide_once(multiply_amounts('base_amount', 'numerator_amount'), 'denominator_amount') }}
            as {{ pay_type() }}
        ) as slice_amount
    from effects_taken_back
    union all
    select
        scope_number,
        position,
        caused_by_credit_number,
        'mirror' as trace_kind_code,
        cast(null as {{ dbt.type_string() }}) as mirrored_kind_code,
        true as is_held,
        {{ slice_order('held_mirror') }} as slice_order,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as slice_amount
    from held_returns
)
{%- endmacro -%}
