{#- The steps of limits of a stage in their order: table, what is added up over, and stage. -#}
{%- macro steps_of_limits(stage) -%}
    {%- set steps = [] -%}
    {%- for per in (['period', 'year'] if stage == 'plan' else ['event', 'period', 'window', 'year']) -%}
        {%- do steps.append(('plan_limits' if stage == 'plan' else 'component_limits', per, stage)) -%}
    {%- endfor -%}
    {{ return(steps) }}
{%- endmacro -%}

{#- The slice order of a step after multipliers. -#}
{%- macro limit_slice_order(per) -%}
    {%- set stage = 'after_multipliers' -%}
    {%- for step in steps_of_limits(stage) if step[1] == per -%}
        {{ slice_order('component_limits') + steps_of_limits(stage).index(step) + 1 }}
    {%- endfor -%}
{%- endmacro -%}

{#-
    Lines, and before them what openings say that was used of caps of their window and year: rows of no credit.

    Args: relation: the lines, with the columns that lines_after_limits reads.
-#}
{%- macro lines_with_openings(relation) -%}
{%- set keys = [
    'scope_number', 'position', 'caused_by_credit_number', 'rule_set_id', 'payee_id', 'plan_id', 'plan_version',
    'component_id', 'sale_code', 'period_id', 'year_period_id', 'posting_order', 'opening_window_amount',
    'opening_year_amount', 'posting_position', 'is_held', 'amount_0',
] -%}
select
    {{ keys | join(',\n    ') }}
from {{ relation }}
union all
select
    openings.scope_number,
    cast(null as bigint) as position,
    cast(null as bigint) as caused_by_credit_number,
    openings.rule_set_id,
    openings.payee_id,
    openings.plan_id,
    enrolments.plan_version,
    openings.component_id,
    cast(null as {{ dbt.type_string() }}) as sale_code,
    cast(null as {{ dbt.type_string() }}) as period_id,
    openings.year_period_id,
    cast(0 as bigint) as posting_order,
    coalesce(openings.earned_amount, 0) as opening_window_amount,
    coalesce(openings.cap_used_amount, 0) as opening_year_amount,
    cast(0 as bigint) as posting_position,
    openings.hold_text is not null as is_held,
    cast(0 as {{ pay_type() }}) as amount_0
from {{ ref('int_pay_openings') }} as openings
inner join {{ ref('int_pay_enrolments') }} as enrolments
    on openings.enrolment_number = enrolments.enrolment_number
{%- endmacro -%}

{#-
    The steps of limits, each over what the ones before left: a relation `lines_0` with keys, partitions, is_held and
    amount_0 goes in, and `lines_<n>` with before, after, cap and floor of each step comes out. A line is worth the
    difference of two limited totals; from the first held line of an accumulation on, all later ones are held.

    Args: stages: table, what is added up over, and stage of each, in order.
-#}
{%- macro lines_after_limits(stages) -%}
{%- set keys = [
    'scope_number', 'position', 'caused_by_credit_number', 'rule_set_id', 'payee_id', 'plan_id', 'plan_version',
    'component_id', 'sale_code', 'period_id', 'year_period_id', 'posting_order', 'posting_position',
    'opening_window_amount', 'opening_year_amount',
] -%}
{%- for table, per, stage in stages %}
{%- set limits = table ~ '_' ~ per ~ '_' ~ stage %}
{%- set added_amount = 'lines.amount_' ~ loop.index0 %}
{%- if per in ('window', 'year') %}
{%- set added_amount = 'coalesce(lines.opening_' ~ per ~ '_amount, ' ~ added_amount ~ ')' %}
{%- endif %}
{{ limits }} as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        {%- if table == 'component_limits' %}
        component_id,
        {%- endif %}
        cap_amount,
        {% if per != 'event' %}is_cap_prorated,{% endif %}
        -- A floor of a longer time lifts it, and not its first line: int_pay_floors.
        {% if per == 'event' %}cast(floor_amount as {{ pay_type() }}){% else %}cast(null as {{ pay_type() }}){% endif %}
            as floor_amount
    from {{ ref('stg_planning__' ~ table) }}
    where
        per_code = '{{ per }}'
        {%- if table == 'component_limits' %}
        and stage_code = '{{ stage }}'
        {%- endif %}
        {%- if per != 'event' %}
        and cap_amount is not null
        {%- endif %}
),

{%- if per == 'window' %}

{{ limits }}_prorations as (
    select
        scopes.scope_number,
        prorations.numerator_count,
        prorations.denominator_count
    from {{ ref('int_pay_span_prorations') }} as prorations
    inner join {{ ref('int_pay_scopes') }} as scopes
        on
            prorations.rule_set_id = scopes.rule_set_id
            and prorations.payee_id = scopes.payee_id
            and prorations.plan_id = scopes.plan_id
            and prorations.component_id = scopes.component_id
            and prorations.stretch_period_id = scopes.window_period_id
    where prorations.per_code = 'window'
),
{%- endif %}

{{ limits }}_lines as (
    select
        {%- for key in keys %}
        lines.{{ key }},
        {%- endfor %}
        lines.is_held,
        {%- for n in range(loop.index0) %}
        lines.from_amount_{{ n + 1 }},
        lines.to_amount_{{ n + 1 }},
        lines.cap_amount_{{ n + 1 }},
        lines.floor_amount_{{ n + 1 }},
        {%- endfor %}
        {%- for n in range(loop.index) %}
        lines.amount_{{ n }},
        {%- endfor %}
        {{ limits }}.plan_id is not null as is_limited,
        {%- if per == 'event' %}
        cast({{ limits }}.cap_amount as {{ pay_type() }}) as cap_amount_{{ loop.index }},
        {%- else %}
        {{
            amount_of_span(
                limits ~ '.cap_amount', limits ~ '.is_cap_prorated', 'prorations.numerator_count',
                'prorations.denominator_count'
            )
        }} as cap_amount_{{ loop.index }},
        {%- endif %}
        {{ limits }}.floor_amount as floor_amount_{{ loop.index }},
        case
            when {{ limits }}.plan_id is not null
                then max(case when lines.is_held then 1 else 0 end) over accumulation = 1
            else lines.is_held
        end as is_held_now,
        case
            when {{ limits }}.plan_id is not null
                then cast(sum({{ added_amount }}) over accumulation as {{ pay_type() }})
        end as to_amount_{{ loop.index }}
    from lines_{{ loop.index0 }} as lines
    left join {{ limits }}
        on
            lines.rule_set_id = {{ limits }}.rule_set_id
            and lines.plan_id = {{ limits }}.plan_id
            and lines.plan_version = {{ limits }}.plan_version
            {%- if table == 'component_limits' %}
            and lines.component_id = {{ limits }}.component_id
            {%- endif %}
    {%- if per == 'window' %}
    left join {{ limits }}_prorations as prorations
        on lines.scope_number = prorations.scope_number
    {%- elif per != 'event' %}
    left join {{ ref('int_pay_span_prorations') }} as prorations
        on
            lines.rule_set_id = prorations.rule_set_id
            and lines.payee_id = prorations.payee_id
            and lines.plan_id = prorations.plan_id
            and {% if table == 'plan_limits' %}prorations.component_id is null{% else %}lines.component_id = prorations.component_id{% endif %}
            and lines.{{ 'year_' if per == 'year' }}period_id = prorations.stretch_period_id
            and prorations.per_code = '{{ per }}'
    {%- endif %}
    window accumulation as (
        partition by
            {%- if table == 'plan_limits' %}
            lines.rule_set_id, lines.payee_id, lines.plan_id,
            {%- elif per == 'window' %}
            lines.scope_number
            {%- else %}
            lines.rule_set_id, lines.payee_id, lines.plan_id, lines.component_id,
            {%- endif %}
            {%- if per == 'event' %}
            lines.sale_code
            {%- elif per == 'period' %}
            lines.period_id
            {%- elif per == 'year' %}
            lines.year_period_id
            {%- endif %}
        order by lines.posting_order, lines.posting_position
        rows between unbounded preceding and current row
    )
),

lines_{{ loop.index }} as (
    select
        {{ keys | join(',\n        ') }},
        is_held_now as is_held,
        {%- for n in range(loop.index0) %}
        from_amount_{{ n + 1 }},
        to_amount_{{ n + 1 }},
        cap_amount_{{ n + 1 }},
        floor_amount_{{ n + 1 }},
        {%- endfor %}
        {%- for n in range(loop.index) %}
        amount_{{ n }},
        {%- endfor %}
        cast(to_amount_{{ loop.index }} - amount_{{ loop.index0 }} as {{ pay_type() }})
            as from_amount_{{ loop.index }},
        to_amount_{{ loop.index }},
        cap_amount_{{ loop.index }},
        floor_amount_{{ loop.index }},
        case
            when is_held_now then null
            when not is_limited then amount_{{ loop.index0 }}
            else cast(
                    {{
                        limited_pay(
                            'to_amount_' ~ loop.index, 'floor_amount_' ~ loop.index, 'cap_amount_' ~ loop.index
                        )
                    }}
                    - {{
                        limited_pay(
                            '(to_amount_' ~ loop.index ~ ' - amount_' ~ loop.index0 ~ ')',
                            'floor_amount_' ~ loop.index,
                            'cap_amount_' ~ loop.index
                        )
                    }}
                    as {{ pay_type() }}
                )
        end as amount_{{ loop.index }}
    from {{ limits }}_lines
),
{% endfor %}
{%- endmacro -%}

{#- The effects of limits: a row for each line and step that it changes. -#}
{%- macro effects_of_limits(stages, first_slice_order) -%}
{%- for table, per, stage in stages %}
select
    scope_number,
    position,
    caused_by_credit_number,
    false as is_held,
    cast({{ first_slice_order + loop.index }} as integer) as slice_order,
    from_amount_{{ loop.index }} as from_amount,
    to_amount_{{ loop.index }} as to_amount,
    floor_amount_{{ loop.index }} as lower_bound_amount,
    cap_amount_{{ loop.index }} as upper_bound_amount,
    cast(amount_{{ loop.index }} - amount_{{ loop.index0 }} as {{ pay_type() }}) as slice_amount
from lines_{{ stages | length }}
where
    not is_held
    and position is not null
    and amount_{{ loop.index }} <> amount_{{ loop.index0 }}
union all
{%- endfor %}
select
    scope_number,
    position,
    caused_by_credit_number,
    true as is_held,
    cast({{ first_slice_order }} as integer) as slice_order,
    cast(null as {{ pay_type() }}) as from_amount,
    cast(null as {{ pay_type() }}) as to_amount,
    cast(null as {{ pay_type() }}) as lower_bound_amount,
    cast(null as {{ pay_type() }}) as upper_bound_amount,
    cast(null as {{ pay_type() }}) as slice_amount
from lines_{{ stages | length }}
where is_held and position is not null
{%- endmacro -%}
