-- One row a line of a component with a gate, multipliers, limits or a matrix, or of a plan with limits: what its curve
-- earns, and when it is posted. Lines of credits that mirror a sale are not here: they take back what the sale's line
-- became. Neither are those of linked components, which read what these become: int_pay_links.
with held_cells as (
    select
        scope_number,
        position
    from {{ ref('int_pay_curves_matrix') }}
    where is_held
),

credits as (
    select
        credits.credit_number,
        credits.scope_number,
        credits.position,
        credits.plan_version,
        credits.period_id,
        credits.year_period_id,
        credits.is_held or held_cells.position is not null as is_held,
        credits.event_order,
        credits.credit_order
    from {{ ref('int_pay_ruled_credits') }} as credits
    left join held_cells
        on
            credits.scope_number = held_cells.scope_number
            and credits.position = held_cells.position
    where
        credits.is_ruled
        and not credits.is_mirror
        and not credits.is_linked
),

curves as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        slice_amount
    from {{ ref('int_pay_curves') }}
),

curves_added as (
    select
        curves.scope_number,
        curves.position,
        curves.caused_by_credit_number,
        sum(curves.slice_amount) as curve_amount
    from curves
    inner join credits
        on
            curves.scope_number = credits.scope_number
            and curves.position = credits.position
    group by curves.scope_number, curves.position, curves.caused_by_credit_number
),

own_lines as (
    select
        credits.scope_number,
        credits.position,
        cast(null as bigint) as caused_by_credit_number,
        credits.credit_number as posting_credit_number,
        credits.plan_version,
        credits.period_id,
        credits.year_period_id,
        credits.event_order,
        credits.credit_order as posting_order,
        credits.is_held,
        case when not credits.is_held then cast(coalesce(curves_added.curve_amount, 0) as {{ pay_type() }}) end
            as curve_amount
    from credits
    left join curves_added
        on
            credits.scope_number = curves_added.scope_number
            and credits.position = curves_added.position
            and curves_added.caused_by_credit_number is null
),

caused_lines as (
    select
        curves_added.scope_number,
        curves_added.position,
        curves_added.caused_by_credit_number,
        causes.credit_number as posting_credit_number,
        rerated.plan_version,
        causes.period_id,
        causes.year_period_id,
        causes.event_order,
        causes.credit_order as posting_order,
        causes.is_held,
        case when not causes.is_held then cast(curves_added.curve_amount as {{ pay_type() }}) end as curve_amount
    from curves_added
    inner join credits as rerated
        on
            curves_added.scope_number = rerated.scope_number
            and curves_added.position = rerated.position
    inner join credits as causes
        on
            curves_added.scope_number = causes.scope_number
            and curves_added.caused_by_credit_number = causes.credit_number
)
{%- for source in ['own_lines', 'caused_lines'] %}

select
    scope_number,
    position,
    caused_by_credit_number,
    posting_credit_number,
    plan_version,
    period_id,
    year_period_id,
    event_order,
    posting_order,
    is_held,
    curve_amount
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
