-- One row a line of a linked component: a rate of what another component of the plan earns in the pay period,
-- unrounded, before or after that one's limits, and before any rule of its own or of the plan. A held line of what it
-- reads holds it. It may read a linked component that has no rules of its own: plans are checked for circles. What an
-- opening says that an earlier system paid too little or too much was earned before, and is not read.
with recursive linked_components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        of_component_id,
        reads_code,
        linked_ratio
    from {{ ref('stg_planning__period_components') }}
    where event_kind_code = 'linked'
),

linked_credits as (
    select
        scope_number,
        position,
        credit_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        year_period_id,
        event_order,
        credit_order,
        is_held
    from {{ ref('int_pay_ruled_credits') }}
    where is_linked
),

components_read as (
    select distinct
        linked_credits.rule_set_id,
        linked_credits.payee_id,
        linked_credits.plan_id,
        linked_components.of_component_id
    from linked_credits
    inner join linked_components
        on
            linked_credits.rule_set_id = linked_components.rule_set_id
            and linked_credits.plan_id = linked_components.plan_id
            and linked_credits.plan_version = linked_components.plan_version
            and linked_credits.component_id = linked_components.component_id
),

scopes_read as (
    select
        scopes.scope_number,
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id
    from {{ ref('int_pay_scopes') }} as scopes
    inner join components_read
        on
            scopes.rule_set_id = components_read.rule_set_id
            and scopes.payee_id = components_read.payee_id
            and scopes.plan_id = components_read.plan_id
            and scopes.component_id = components_read.of_component_id
),

openings as (
    select scope_number
    from {{ ref('int_pay_openings') }}
    where is_credited
),

credits_read as (
    select
        measures.credit_number,
        measures.scope_number,
        measures.position,
        measures.period_id,
        measures.is_held,
        openings.scope_number is not null and measures.position = 1 as is_opening
    from {{ ref('int_pay_measures') }} as measures
    inner join scopes_read
        on measures.scope_number = scopes_read.scope_number
    left join openings
        on measures.scope_number = openings.scope_number
),

-- What is read, part by part; of what a mirror takes back of limits as of limits themselves.
parts as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
        is_held,
        false as is_limit,
        cast(0 as {{ pay_type() }}) as part_amount
    from credits_read
    union all
    select
        curves.scope_number,
        curves.position,
        curves.caused_by_credit_number,
        false as is_held,
        false as is_limit,
        curves.slice_amount as part_amount
    from {{ ref('int_pay_curves') }} as curves
    inner join scopes_read
        on curves.scope_number = scopes_read.scope_number
    union all
    select
        effects.scope_number,
        effects.position,
        effects.caused_by_credit_number,
        effects.is_held,
        effects.slice_order > {{ slice_order('component_limits') }} as is_limit,
        effects.slice_amount as part_amount
    from {{ ref('int_pay_component_effects') }} as effects
    inner join scopes_read
        on effects.scope_number = scopes_read.scope_number
),

parts_posted as (
    select
        parts.scope_number,
        coalesce(parts.caused_by_credit_number, credits_read.credit_number) as posting_credit_number,
        parts.is_held,
        parts.is_limit,
        parts.part_amount
    from parts
    inner join credits_read
        on
            parts.scope_number = credits_read.scope_number
            and parts.position = credits_read.position
    where
        parts.caused_by_credit_number is not null
        or not credits_read.is_opening
),

postings as (
    select
        credit_number,
        period_id
    from {{ ref('int_pay_running_measures') }}
),

pays_read as (
    select
        scopes_read.rule_set_id,
        scopes_read.payee_id,
        scopes_read.plan_id,
        scopes_read.component_id,
        postings.period_id,
        cast(sum(parts_posted.part_amount) as {{ pay_type() }}) as limited_amount,
        cast(
            sum(case when not parts_posted.is_limit then parts_posted.part_amount else 0 end) as {{ pay_type() }}
        ) as unlimited_amount,
        max(case when parts_posted.is_held then 1 else 0 end) as held_count
    from parts_posted
    inner join scopes_read
        on parts_posted.scope_number = scopes_read.scope_number
    inner join postings
        on parts_posted.posting_credit_number = postings.credit_number
    group by
        scopes_read.rule_set_id, scopes_read.payee_id, scopes_read.plan_id, scopes_read.component_id, postings.period_id
),

links as (
    select
        linked_credits.scope_number,
        linked_credits.position,
        linked_credits.credit_number,
        linked_credits.rule_set_id,
        linked_credits.payee_id,
        linked_credits.plan_id,
        linked_credits.plan_version,
        linked_credits.component_id,
        linked_credits.period_id,
        linked_credits.year_period_id,
        linked_credits.event_order,
        linked_credits.credit_order,
        linked_components.of_component_id,
        linked_components.linked_ratio as rate_ratio,
        linked_credits.is_held or coalesce(pays_read.held_count, 0) = 1 as is_held,
        cast(
            coalesce(
                case
                    when linked_components.reads_code = 'after_limits' then pays_read.limited_amount
                    else pays_read.unlimited_amount
                end,
                0
            )
            as {{ pay_type() }}
        ) as read_amount
    from linked_credits
    inner join linked_components
        on
            linked_credits.rule_set_id = linked_components.rule_set_id
            and linked_credits.plan_id = linked_components.plan_id
            and linked_credits.plan_version = linked_components.plan_version
            and linked_credits.component_id = linked_components.component_id
    left join pays_read
        on
            linked_credits.rule_set_id = pays_read.rule_set_id
            and linked_credits.payee_id = pays_read.payee_id
            and linked_credits.plan_id = pays_read.plan_id
            and linked_components.of_component_id = pays_read.component_id
            and linked_credits.period_id = pays_read.period_id
),

{%- set columns = [
    'scope_number', 'position', 'credit_number', 'rule_set_id', 'payee_id', 'plan_id', 'plan_version', 'component_id',
    'period_id', 'year_period_id', 'event_order', 'credit_order', 'of_component_id', 'rate_ratio',
] %}

linked_lines as (
    select
        {%- for column in columns %}
        links.{{ column }},
        {%- endfor %}
        links.is_held,
        links.read_amount,
        cast({{ multiply_exact('links.read_amount', 'links.rate_ratio') }} as {{ pay_type() }}) as linked_amount
    from links
    left join links as links_read
        on
            links.rule_set_id = links_read.rule_set_id
            and links.payee_id = links_read.payee_id
            and links.plan_id = links_read.plan_id
            and links.period_id = links_read.period_id
            and links.of_component_id = links_read.component_id
    where links_read.component_id is null
    union all
    select
        {%- for column in columns %}
        links.{{ column }},
        {%- endfor %}
        links.is_held or lines_read.is_held as is_held,
        cast(links.read_amount + lines_read.linked_amount as {{ pay_type() }}) as read_amount,
        cast(
            {{ multiply_exact('(links.read_amount + lines_read.linked_amount)', 'links.rate_ratio') }}
            as {{ pay_type() }}
        ) as linked_amount
    from links
    inner join linked_lines as lines_read
        on
            links.rule_set_id = lines_read.rule_set_id
            and links.payee_id = lines_read.payee_id
            and links.plan_id = lines_read.plan_id
            and links.period_id = lines_read.period_id
            and links.of_component_id = lines_read.component_id
)

select
    scope_number,
    position,
    cast(null as bigint) as caused_by_credit_number,
    credit_number as posting_credit_number,
    plan_version,
    period_id,
    year_period_id,
    event_order,
    credit_order as posting_order,
    is_held,
    of_component_id,
    rate_ratio,
    case when not is_held then read_amount end as read_amount,
    case when not is_held then linked_amount end as linked_amount
from linked_lines
