{#-
    What is truly sequential: goes through the periods of a group in order, each reading what the one before it left.

    An aggregate: give it `group by`. It gives a list of structs with the inputs and states of every period, after a first
    element that holds the openings and NULL inputs; unnest_rows makes rows of it.

    order_by: column that orders the periods.
    inputs: {name: [type, expression]} of one period.
    states: {name: [type, opening, next]}; `opening` is an aggregate or a literal, `next` reads `before.<name>` (inputs and
    states of the period before) and `period.<input>`.
-#}
{%- macro fold_periods(order_by, inputs, states) -%}
    {{ return(adapter.dispatch('fold_periods', 'openspm')(order_by, inputs, states)) }}
{%- endmacro -%}

{%- macro duckdb__fold_periods(order_by, inputs, states) -%}
    {%- set first, given, then = [], [], [] -%}
    {%- for name, input in inputs.items() -%}
        {%- do first.append("'" ~ name ~ "': cast(null as " ~ input[0] ~ ")") -%}
        {%- do given.append("'" ~ name ~ "': cast(" ~ input[1] ~ " as " ~ input[0] ~ ")") -%}
        {%- do then.append("'" ~ name ~ "': period_given[1]." ~ name) -%}
    {%- endfor -%}
    {%- for name, state in states.items() -%}
        {%- do first.append("'" ~ name ~ "': cast(" ~ state[1] ~ " as " ~ state[0] ~ ")") -%}
        {%- do given.append("'" ~ name ~ "': cast(null as " ~ state[0] ~ ")") -%}
        {%- set next = state[2] | replace('before.', 'periods_folded[-1].') | replace('period.', 'period_given[1].') -%}
        {%- do then.append("'" ~ name ~ "': cast(" ~ next ~ " as " ~ state[0] ~ ")") -%}
    {%- endfor %}
    list_reduce(
        list_prepend([{ {{ first | join(', ') }} }], list([{ {{ given | join(', ') }} }] order by {{ order_by }})),
        lambda periods_folded, period_given: list_append(periods_folded, { {{ then | join(',\n            ') }} })
    )
{%- endmacro -%}

{%- macro spark__fold_periods(order_by, inputs, states) -%}
    {%- set first, given, then = [], ['cast(' ~ order_by ~ ' as bigint) as period_order'], [] -%}
    {%- for name, input in inputs.items() -%}
        {%- do first.append("cast(null as " ~ input[0] ~ ") as " ~ name) -%}
        {%- do given.append("cast(" ~ input[1] ~ " as " ~ input[0] ~ ") as " ~ name) -%}
        {%- do then.append("period_given." ~ name ~ " as " ~ name) -%}
    {%- endfor -%}
    {%- for name, state in states.items() -%}
        {%- do first.append("cast(" ~ state[1] ~ " as " ~ state[0] ~ ") as " ~ name) -%}
        {%- set next = state[2] | replace('before.', 'element_at(periods_folded, -1).') | replace('period.', 'period_given.') -%}
        {%- do then.append("cast(" ~ next ~ " as " ~ state[0] ~ ") as " ~ name) -%}
    {%- endfor %}
    aggregate(
        sort_array(collect_list(struct({{ given | join(', ') }}))),
        array(struct({{ first | join(', ') }})),
        (periods_folded, period_given) -> array_append(periods_folded, struct({{ then | join(',\n            ') }}))
    )
{%- endmacro -%}

{#- A list as rows. -#}
{%- macro unnest_rows(rows) -%}
    {{ return(adapter.dispatch('unnest_rows', 'openspm')(rows)) }}
{%- endmacro -%}

{%- macro default__unnest_rows(rows) -%} explode({{ rows }}) {%- endmacro -%}

{%- macro duckdb__unnest_rows(rows) -%} unnest({{ rows }}) {%- endmacro -%}

{#- One field of a struct. -#}
{%- macro struct_field(struct, field) -%} ({{ struct }}).{{ field }} {%- endmacro -%}
