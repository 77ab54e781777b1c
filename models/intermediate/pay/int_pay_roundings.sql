-- One row a line: what its slices add up to, and what of it is earned in whole minor units. A line is a credit's own,
-- or what another credit caused: a re-rate by the one of its window that crossed a bound, a release by the one that
-- opened a gate, perhaps one of another component; it is posted in the period of its cause. A credit's own line has no
-- cause. Where pay goes out in another currency than the plan's it is converted here, once, at the rate of the line's
-- credit; plan_amount is what it was before, and known without a rate.
with measures as (
    select
        credit_number,
        scope_number,
        position,
        enrolment_number,
        sale_code,
        is_held,
        rounding_scope_code = 'component_total' as is_rounded_in_total
    from {{ ref('int_pay_measures') }}
),

enrolments as (
    select
        enrolment_number,
        payout_minor_unit_digits as minor_unit_digits,
        rounding_method_code
    from {{ ref('int_pay_enrolments') }}
),

-- The same table is read anew for each use of it: what a query reads twice is kept in memory whole.
rerated_measures as (
    select
        credit_number,
        scope_number,
        position,
        enrolment_number,
        sale_code,
        rounding_scope_code = 'component_total' as is_rounded_in_total
    from {{ ref('int_pay_measures') }}
),

causing_measures as (
    select
        credit_number,
        position
    from {{ ref('int_pay_running_measures') }}
),

converted_measures as (
    select
        credit_number,
        scope_number,
        position,
        sale_code
    from {{ ref('int_pay_running_measures') }}
),

own_slices as (
    select
        scope_number,
        position,
        slice_amount
    from {{ ref('int_pay_curves') }}
    where caused_by_credit_number is null
),

rerating_slices as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        slice_amount
    from {{ ref('int_pay_curves') }}
    where caused_by_credit_number is not null
),

-- Rows only for credits that are paid out in another currency than their plan's.
payout_rates as (
    select
        credit_number,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_payout_rates') }}
),

-- Rows only for lines of plans with gates, multipliers or limits.
effects_added as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        sum(slice_amount) as effect_amount,
        max(case when is_held then 1 else 0 end) = 1 as is_held
    from {{ ref('int_pay_effects') }}
    group by scope_number, position, caused_by_credit_number
),

own_slices_added as (
    select
        scope_number,
        position,
        sum(slice_amount) as unrounded_amount
    from own_slices
    group by scope_number, position
),

event_lines as (
    select
        measures.scope_number,
        measures.position,
        measures.position as posting_position,
        cast(0 as bigint) as posting_order,
        'event' as line_kind_code,
        measures.credit_number,
        cast(null as bigint) as cause_credit_number,
        measures.is_held or coalesce(effects_added.is_held, false) as is_held,
        measures.sale_code,
        measures.enrolment_number,
        measures.is_rounded_in_total,
        case
            when not measures.is_held and not coalesce(effects_added.is_held, false)
                then cast(
                        coalesce(own_slices_added.unrounded_amount, 0) + coalesce(effects_added.effect_amount, 0)
                        as {{ pay_type() }}
                    )
        end as unrounded_amount
    from measures
    left join own_slices_added
        on
            measures.scope_number = own_slices_added.scope_number
            and measures.position = own_slices_added.position
    left join effects_added
        on
            measures.scope_number = effects_added.scope_number
            and measures.position = effects_added.position
            and effects_added.caused_by_credit_number is null
),

-- What another credit caused: re-rates of the curve, and what a gate releases or takes back.
caused_slices as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        'rerate' as line_kind_code,
        slice_amount,
        false as is_held
    from rerating_slices
    union all
    select
        scope_number,
        position,
        caused_by_credit_number,
        'release' as line_kind_code,
        effect_amount as slice_amount,
        is_held
    from effects_added
    where caused_by_credit_number is not null
),

caused_slices_added as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        -- A re-rate that a gate changes stays one.
        max(line_kind_code) as line_kind_code,
        max(case when is_held then 1 else 0 end) = 1 as is_held,
        sum(slice_amount) as slice_amount
    from caused_slices
    group by scope_number, position, caused_by_credit_number
),

gates as (
    {%- for model in ['int_pay_gates', 'int_pay_linked_gates', 'int_pay_plan_gates'] %}
    select
        scope_number,
        caused_by_credit_number,
        follows_position,
        posting_order
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- What a credit of another component opened or closed stands after the last credit of the window that it follows.
causes_elsewhere as (
    select
        scope_number,
        caused_by_credit_number,
        max(follows_position) as posting_position,
        max(posting_order) as posting_order
    from gates
    where follows_position is not null
    group by scope_number, caused_by_credit_number
),

caused_lines as (
    select
        caused_slices_added.scope_number,
        caused_slices_added.position,
        coalesce(causes_elsewhere.posting_position, causes.position) as posting_position,
        1 + coalesce(causes_elsewhere.posting_order, 0) as posting_order,
        caused_slices_added.line_kind_code,
        rerated.credit_number,
        caused_slices_added.caused_by_credit_number as cause_credit_number,
        caused_slices_added.is_held,
        rerated.sale_code,
        rerated.enrolment_number,
        rerated.is_rounded_in_total,
        case
            when not caused_slices_added.is_held then cast(caused_slices_added.slice_amount as {{ pay_type() }})
        end as unrounded_amount
    from caused_slices_added
    inner join rerated_measures as rerated
        on
            caused_slices_added.scope_number = rerated.scope_number
            and caused_slices_added.position = rerated.position
    inner join causing_measures as causes
        on caused_slices_added.caused_by_credit_number = causes.credit_number
    left join causes_elsewhere
        on
            caused_slices_added.scope_number = causes_elsewhere.scope_number
            and caused_slices_added.caused_by_credit_number = causes_elsewhere.caused_by_credit_number
),

{%- set columns = [
    'scope_number', 'position', 'posting_position', 'posting_order', 'line_kind_code', 'credit_number',
    'cause_credit_number', 'is_held', 'sale_code', 'enrolment_number', 'is_rounded_in_total', 'unrounded_amount',
] %}

lines_of_plans as (
    select
        {{ columns | join(',\n        ') }}
    from event_lines
    union all
    select
        {{ columns | join(',\n        ') }}
    from caused_lines
),

lines as (
    select
        {%- for column in columns if column not in ['is_held', 'unrounded_amount'] %}
        lines_of_plans.{{ column }},
        {%- endfor %}
        lines_of_plans.is_held
        or (payout_rates.credit_number is not null and payout_rates.exchange_rate is null) as is_held,
        case when payout_rates.credit_number is not null then lines_of_plans.unrounded_amount end as plan_amount,
        case
            when payout_rates.credit_number is null then lines_of_plans.unrounded_amount
            else {{
                convert_exactly(
                    'lines_of_plans.unrounded_amount', 'payout_rates.exchange_rate', 'payout_rates.inverse_rate'
                )
            }}
        end as unrounded_amount
    from lines_of_plans
    left join payout_rates
        on lines_of_plans.credit_number = payout_rates.credit_number
),

-- Where a component's total is rounded, from the first line without a rate on nobody knows what it rounds to.
first_lines_without_rate as (
    select
        measures.scope_number,
        measures.sale_code,
        min(measures.position) as first_position
    from converted_measures as measures
    inner join payout_rates
        on measures.credit_number = payout_rates.credit_number
    where payout_rates.exchange_rate is null
    group by measures.scope_number, measures.sale_code
),

-- The component's total: a line is round(total after it) - round(total before it), so no rounding piles up. Lines are
-- sorted as narrow as may be; how they are rounded joins after it.
lines_in_totals as (
    select
        lines.scope_number,
        lines.position,
        lines.line_kind_code,
        lines.credit_number,
        lines.cause_credit_number,
        lines.enrolment_number,
        lines.is_held or coalesce(lines.posting_position >= first_lines_without_rate.first_position, false) as is_held,
        lines.plan_amount,
        lines.unrounded_amount,
        cast(sum(lines.unrounded_amount) over (
            partition by lines.scope_number, lines.sale_code
            -- The crossing event first, then the events that it re-rates, then what other components caused.
            order by lines.posting_position, lines.posting_order, lines.position
            rows between unbounded preceding and current row
        ) as {{ pay_type() }}) as total_amount
    from lines
    left join first_lines_without_rate
        on
            lines.scope_number = first_lines_without_rate.scope_number
            and lines.sale_code = first_lines_without_rate.sale_code
    where lines.is_rounded_in_total
),

lines_added as (
    select
        scope_number,
        position,
        line_kind_code,
        credit_number,
        cause_credit_number,
        enrolment_number,
        true as is_rounded_in_total,
        is_held,
        plan_amount,
        unrounded_amount,
        total_amount
    from lines_in_totals
    union all
    select
        scope_number,
        position,
        line_kind_code,
        credit_number,
        cause_credit_number,
        enrolment_number,
        false as is_rounded_in_total,
        is_held,
        plan_amount,
        unrounded_amount,
        cast(null as {{ pay_type() }}) as total_amount
    from lines
    where not is_rounded_in_total
),

lines_described as (
    select
        lines_added.scope_number,
        lines_added.position,
        lines_added.line_kind_code,
        lines_added.credit_number,
        lines_added.cause_credit_number,
        lines_added.is_rounded_in_total,
        lines_added.is_held,
        lines_added.plan_amount,
        lines_added.unrounded_amount,
        lines_added.total_amount,
        enrolments.minor_unit_digits,
        enrolments.rounding_method_code
    from lines_added
    inner join enrolments
        on lines_added.enrolment_number = enrolments.enrolment_number
),

lines_rounded as (
    select
        scope_number,
        position,
        line_kind_code,
        credit_number,
        cause_credit_number,
        is_held,
        plan_amount,
        unrounded_amount,
        case
            when not is_rounded_in_total
                then {{ round_to_minor_unit('unrounded_amount', 'minor_unit_digits', 'rounding_method_code') }}
            when not is_held
                then
                    {{ round_to_minor_unit('total_amount', 'minor_unit_digits', 'rounding_method_code') }}
                    - {{
                        round_to_minor_unit(
                            '(total_amount - unrounded_amount)', 'minor_unit_digits', 'rounding_method_code'
                        )
                    }}
        end as earned_amount
    from lines_described
)

select
    scope_number,
    position,
    line_kind_code,
    credit_number,
    cause_credit_number,
    is_held,
    plan_amount,
    case when not is_held then unrounded_amount end as unrounded_amount,
    cast(earned_amount as {{ pay_type() }}) as earned_amount
from lines_rounded
