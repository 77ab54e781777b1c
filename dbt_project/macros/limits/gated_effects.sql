{#-
    What gates change of lines, one row a line that its gate changes: what of it is locked, what an opening releases of an
    earlier line, and what a closing takes back of it. A line whose gate is unknown has a held row. A gate that reads
    another component may open with a credit of that one, and where that one's window is longer with one of another window
    of its own; follows_position is then the last credit of the line's own window before it.

    Args: lines: the model of the lines that are gated; amount: its column with what they are worth; level: whose gates,
    component or plan; first_slice_order: where their slices begin.
-#}
{%- macro gated_effects(lines, amount, level, first_slice_order) -%}
{%- set line_keys = [
    'scope_number', 'position', 'caused_by_credit_number', 'posting_credit_number', 'plan_version', 'period_id',
    'year_period_id',
] %}
with ruled_lines as (
    select
        {{ line_keys | join(',\n        ') }},
        event_order,
        posting_order,
        is_held,
        {{ amount }} as line_amount
    from {{ ref(lines) }}
),

ruled_scopes as (
    select
        scope_number,
        rule_set_id,
        plan_id,
        component_id
    from {{ ref('int_pay_ruled_scopes') }}
),

gates as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        measured_component_id,
        threshold_amount,
        threshold_ratio,
        boundary_code,
        reading_code,
        factor_ratio,
        locked_tier_number,
        base_rate_ratio,
        opening_code,
        closing_code
    from {{ ref('stg_planning__component_gates') }}
    where rule_level_code = '{{ level }}'
),

-- Where a gate locks tiers alone: what a line earns at the rate below them. Rows only for such gates.
tier_locks as (
    select
        ruled_scopes.scope_number,
        gates.plan_version,
        gates.locked_tier_number,
        gates.base_rate_ratio
    from gates
    inner join ruled_scopes
        on
            gates.rule_set_id = ruled_scopes.rule_set_id
            and gates.plan_id = ruled_scopes.plan_id
            and gates.component_id = ruled_scopes.component_id
    where gates.locked_tier_number is not null
),

locked_slices as (
    {%- for style in ['marginal', 'path'] %}
    select
        slices.scope_number,
        slices.position,
        tier_locks.plan_version,
        cast(
            {{ multiply_exact('slices.to_amount', 'tier_locks.base_rate_ratio') }}
            - {{ multiply_exact('slices.from_amount', 'tier_locks.base_rate_ratio') }}
            - slices.slice_amount
            as {{ pay_type() }}
        ) as lock_amount
    from {{ ref('int_pay_curves_' ~ style) }} as slices
    inner join tier_locks
        on
            slices.scope_number = tier_locks.scope_number
            and slices.tier_number >= tier_locks.locked_tier_number
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

line_locks as (
    select
        scope_number,
        position,
        plan_version,
        sum(lock_amount) as lock_amount
    from locked_slices
    group by scope_number, position, plan_version
),

readings as (
    select
        credit_number,
        scope_number,
        measured_component_id,
        reading_code,
        quota_amount,
        is_unknown,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_readings') }}
),

-- Credits of other components and windows at which a gate is read too: nothing is paid for them here.
credits_elsewhere as (
    select distinct
        readings.scope_number,
        ruled_credits.credit_number as posting_credit_number,
        ruled_credits.component_id as credited_component_id,
        ruled_credits.plan_version,
        ruled_credits.period_id,
        ruled_credits.year_period_id,
        ruled_credits.event_order,
        ruled_credits.credit_order as posting_order
    from readings
    inner join {{ ref('int_pay_ruled_credits') }} as ruled_credits
        on
            readings.credit_number = ruled_credits.credit_number
            and readings.scope_number <> ruled_credits.scope_number
),

lines_and_credits as (
    select
        {{ line_keys | join(',\n        ') }},
        event_order,
        posting_order,
        is_held,
        line_amount,
        cast(null as {{ dbt.type_string() }}) as credited_component_id,
        false as is_elsewhere
    from ruled_lines
    union all
    select
        scope_number,
        cast(null as bigint) as position,
        cast(null as bigint) as caused_by_credit_number,
        posting_credit_number,
        plan_version,
        period_id,
        year_period_id,
        event_order,
        posting_order,
        false as is_held,
        cast(null as {{ pay_type() }}) as line_amount,
        credited_component_id,
        true as is_elsewhere
    from credits_elsewhere
),

lines_gated as (
    select
        {%- for key in line_keys %}
        lines.{{ key }},
        {%- endfor %}
        lines.event_order,
        lines.posting_order,
        lines.is_held,
        lines.line_amount,
        lines.is_elsewhere,
        gates.boundary_code,
        gates.reading_code,
        gates.factor_ratio,
        case
            when gates.locked_tier_number is not null
                then cast(lines.line_amount + coalesce(line_locks.lock_amount, 0) as {{ pay_type() }})
        end as base_rate_amount,
        gates.opening_code,
        gates.closing_code,
        readings.measure_before_amount,
        readings.measure_after_amount,
        not coalesce(readings.is_unknown, true) as is_known,
        coalesce(
            cast(gates.threshold_amount as {{ pay_type() }}),
            cast(
                {{ multiply_exact('cast(readings.quota_amount as ' ~ pay_type() ~ ')', 'gates.threshold_ratio') }}
                as {{ pay_type() }}
            )
        ) as threshold_amount
    from lines_and_credits as lines
    inner join ruled_scopes
        on lines.scope_number = ruled_scopes.scope_number
    inner join gates
        on
            ruled_scopes.rule_set_id = gates.rule_set_id
            and ruled_scopes.plan_id = gates.plan_id
            and ruled_scopes.component_id = gates.component_id
            and lines.plan_version = gates.plan_version
    left join line_locks
        on
            lines.scope_number = line_locks.scope_number
            and lines.position = line_locks.position
            and lines.plan_version = line_locks.plan_version
            and lines.caused_by_credit_number is null
    left join readings
        on
            lines.posting_credit_number = readings.credit_number
            and lines.scope_number = readings.scope_number
            and gates.measured_component_id = readings.measured_component_id
            and gates.reading_code = readings.reading_code
    -- Another gate of the component may read another measure, at credits that are nothing to this one.
    where
        not lines.is_elsewhere
        or lines.credited_component_id in (gates.measured_component_id, gates.component_id)
),

-- Lines that read the gate together share a group: those of one event, or of one pay period.
lines_in_groups as (
    select
        {{ line_keys | join(',\n        ') }},
        event_order,
        posting_order,
        line_amount,
        opening_code,
        closing_code,
        measure_before_amount,
        measure_after_amount,
        threshold_amount,
        factor_ratio,
        base_rate_amount,
        is_held,
        is_elsewhere,
        case
            when is_elsewhere
                then max(case when caused_by_credit_number is null then position end) over (
                        partition by scope_number
                        order by event_order
                        range between unbounded preceding and current row
                    )
        end as follows_position,
        case
            when reading_code = 'event' then event_order
            else max(event_order) over (partition by scope_number, plan_version, period_id)
        end as group_order,
        case
            when not is_known then null
            when boundary_code = 'upper' then measure_after_amount >= threshold_amount
            else measure_after_amount > threshold_amount
        end as is_open
    from lines_gated
),

-- From the first line on that is unknown, or whose gate is, every later one waits.
lines_with_holds as (
    select
        {{ line_keys | join(',\n        ') }},
        group_order,
        posting_order,
        line_amount,
        opening_code,
        closing_code,
        measure_before_amount,
        measure_after_amount,
        threshold_amount,
        factor_ratio,
        base_rate_amount,
        is_open,
        is_elsewhere,
        follows_position,
        max(case when is_held or is_open is null then 1 else 0 end) over (
            partition by scope_number
            order by group_order
            range between unbounded preceding and current row
        ) = 1 as is_held
    from lines_in_groups
),

gate_groups as (
    select
        scope_number,
        plan_version,
        group_order,
        opening_code,
        closing_code,
        is_open,
        -- The last credit of the component that is gated, where it has one; else of the one that is measured.
        coalesce(
            max(case when not is_elsewhere and caused_by_credit_number is null then posting_order end),
            max(case when is_elsewhere then posting_order end)
        ) as cause_order,
        max(period_id) as period_id,
        coalesce(
            lag(is_open) over (partition by scope_number, plan_version order by group_order), false
        ) as was_open
    from lines_with_holds
    where not is_held
    group by scope_number, plan_version, group_order, opening_code, closing_code, is_open
),

causes as (
    select
        gate_groups.scope_number,
        gate_groups.plan_version,
        gate_groups.group_order,
        gate_groups.opening_code,
        gate_groups.closing_code,
        gate_groups.is_open,
        gate_groups.period_id,
        lines_with_holds.follows_position,
        lines_with_holds.posting_credit_number,
        lines_with_holds.year_period_id,
        lines_with_holds.posting_order,
        coalesce(
            lag(gate_groups.group_order) over (
                partition by gate_groups.scope_number, gate_groups.plan_version, gate_groups.is_open
                order by gate_groups.group_order
            ),
            0
        ) as prior_group_order
    from gate_groups
    inner join lines_with_holds
        on
            gate_groups.scope_number = lines_with_holds.scope_number
            and gate_groups.cause_order = lines_with_holds.posting_order
            and lines_with_holds.caused_by_credit_number is null
    where gate_groups.is_open <> gate_groups.was_open
),

lines_locked as (
    select
        {%- for key in line_keys %}
        lines.{{ key }},
        {%- endfor %}
        lines.group_order,
        lines.posting_order,
        lines.is_held,
        lines.is_open,
        lines.line_amount,
        lines.factor_ratio,
        lines.base_rate_amount,
        case
            when not lines.is_held
                then cast(
                        coalesce(
                            lines.base_rate_amount, {{ multiply_exact('lines.line_amount', 'lines.factor_ratio') }}
                        )
                        - lines.line_amount
                        as {{ pay_type() }}
                    )
        end as locking_amount,
        -- Only what lies above the threshold counts of the event that opens the gate.
        case
            when
                lines.opening_code = 'above'
                and lines.is_open
                and not gate_groups.was_open
                and lines.measure_before_amount < lines.threshold_amount
                then lines.threshold_amount - lines.measure_before_amount
        end as numerator_amount,
        lines.measure_after_amount - lines.measure_before_amount as denominator_amount
    from lines_with_holds as lines
    left join gate_groups
        on
            lines.scope_number = gate_groups.scope_number
            and lines.plan_version = gate_groups.plan_version
            and lines.group_order = gate_groups.group_order
    where not lines.is_elsewhere
),

locks as (
    select
        {{ line_keys | join(',\n        ') }},
        posting_order,
        is_held,
        cast(null as bigint) as follows_position,
        'gate' as trace_kind_code,
        {{ first_slice_order }} as slice_order,
        line_amount as base_amount,
        factor_ratio as rate_ratio,
        numerator_amount,
        case when numerator_amount is not null then denominator_amount end as denominator_amount,
        base_rate_amount as point_pay_amount,
        case
            when numerator_amount is null then locking_amount
            else cast(
                    {{ divide_once(multiply_amounts('locking_amount', 'numerator_amount'), 'denominator_amount') }}
                    as {{ pay_type() }}
                )
        end as slice_amount
    from lines_locked
    where is_held or not is_open or numerator_amount is not null
),

-- What an opening releases of earlier lines, and what a closing takes back of them.
releases as (
    select
        lines.scope_number,
        lines.position,
        causes.posting_credit_number as caused_by_credit_number,
        causes.posting_credit_number,
        lines.plan_version,
        causes.period_id,
        causes.year_period_id,
        causes.posting_order,
        lines.is_held,
        causes.follows_position,
        case when causes.is_open then 'release' else 'take_back' end as trace_kind_code,
        {{ first_slice_order }} + row_number() over (
            partition by lines.scope_number, lines.position, causes.posting_credit_number
            order by lines.posting_order
        ) as slice_order,
        lines.line_amount as base_amount,
        lines.factor_ratio as rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        lines.base_rate_amount as point_pay_amount,
        cast(case when causes.is_open then -lines.locking_amount else lines.locking_amount end as {{ pay_type() }})
            as slice_amount
    from lines_locked as lines
    inner join causes
        on
            lines.scope_number = causes.scope_number
            and lines.plan_version = causes.plan_version
            and lines.group_order < causes.group_order
    where
        lines.locking_amount <> 0
        and case
            when not causes.is_open then causes.closing_code = 'take_back'
            when causes.closing_code = 'take_back' then true
            -- What is kept is released once: by the first opening after it.
            when not lines.is_open
                then
                    causes.prior_group_order <= lines.group_order
                    and (
                        causes.opening_code = 'release'
                        or (causes.opening_code = 'period' and causes.period_id = lines.period_id)
                    )
            else false
        end
)
{%- for source in ['locks', 'releases'] %}

select
    {{ line_keys | join(',\n    ') }},
    posting_order,
    follows_position,
    is_held,
    trace_kind_code,
    cast(slice_order as integer) as slice_order,
    base_amount,
    rate_ratio,
    numerator_amount,
    denominator_amount,
    point_pay_amount,
    slice_amount
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro -%}
