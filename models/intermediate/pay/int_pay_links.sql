-- One row a payee, linked component and pay period that is over: a rate of what another component of the plan earned in
-- it, unrounded and before its limits, or as it was earned. It is worked out in the plan's currency, whatever is paid
-- out. A held line there holds it. What is read may be linked too: plans are checked for circles.
with recursive spans as (
    select
        span_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        period_id,
        end_date,
        is_converted,
        minor_unit_digits,
        rounding_method_code,
        team_id,
        region_id,
        hold_text,
        of_component_id,
        reads_code,
        rate_ratio
    from {{ ref('int_pay_spans') }}
    where
        rule_code = 'link'
        and rate_ratio is not null
),

components_read as (
    select distinct
        rule_set_id,
        payee_id,
        plan_id,
        of_component_id
    from spans
),

scopes as (
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

measures as (
    select
        credit_number,
        period_id
    from {{ ref('int_pay_measures') }}
),

-- What limits changed is taken off again, and what mirrors took back of it.
limits_added as (
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        sum(slice_amount) as limit_amount
    from {{ ref('int_pay_effects') }}
    where
        slice_order > {{ first_slice_order_of_limits('after_multipliers') }}
        and not is_held
    group by scope_number, position, coalesce(caused_by_credit_number, -1)
),

lines as (
    select
        roundings.scope_number,
        coalesce(roundings.cause_credit_number, roundings.credit_number) as posting_credit_number,
        coalesce(roundings.plan_amount, roundings.unrounded_amount) - coalesce(limits_added.limit_amount, 0)
            as unrounded_amount,
        coalesce(roundings.plan_amount, roundings.earned_amount) as earned_amount,
        case when roundings.is_held and roundings.plan_amount is null then 1 else 0 end as held_count
    from {{ ref('int_pay_roundings') }} as roundings
    left join limits_added
        on
            roundings.scope_number = limits_added.scope_number
            and roundings.position = limits_added.position
            and coalesce(roundings.cause_credit_number, -1) = limits_added.caused_by_credit_number
),

pays_added as (
    select
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        measures.period_id,
        cast(sum(lines.unrounded_amount) as {{ pay_type() }}) as unlimited_amount,
        cast(sum(lines.earned_amount) as {{ pay_type() }}) as earned_amount,
        max(lines.held_count) as held_count
    from lines
    inner join scopes
        on lines.scope_number = scopes.scope_number
    inner join measures
        on lines.posting_credit_number = measures.credit_number
    group by scopes.rule_set_id, scopes.payee_id, scopes.plan_id, scopes.component_id, measures.period_id
),

links as (
    select
        spans.span_number,
        spans.rule_set_id,
        spans.payee_id,
        spans.plan_id,
        spans.plan_version,
        spans.component_id,
        spans.calendar_id,
        spans.period_id,
        spans.end_date,
        spans.is_converted,
        spans.minor_unit_digits,
        spans.rounding_method_code,
        spans.team_id,
        spans.region_id,
        spans.of_component_id,
        spans.reads_code,
        spans.rate_ratio,
        spans.hold_text is not null or coalesce(pays_added.held_count, 0) = 1 as is_held,
        cast(
            coalesce(
                case
                    when spans.reads_code = 'earned' then pays_added.earned_amount
                    else pays_added.unlimited_amount
                end,
                0
            )
            as {{ pay_type() }}
        ) as read_amount
    from spans
    left join pays_added
        on
            spans.rule_set_id = pays_added.rule_set_id
            and spans.payee_id = pays_added.payee_id
            and spans.plan_id = pays_added.plan_id
            and spans.of_component_id = pays_added.component_id
            and spans.period_id = pays_added.period_id
),

{%- set columns = [
    'span_number', 'rule_set_id', 'payee_id', 'plan_id', 'plan_version', 'component_id', 'calendar_id', 'period_id',
    'end_date', 'is_converted', 'minor_unit_digits', 'rounding_method_code', 'team_id', 'region_id', 'of_component_id',
    'rate_ratio',
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
        {%- set read %}(
            links.read_amount
            + case
                when links.reads_code = 'earned' and not links.is_converted
                    then {{ round_to_minor_unit(
                        'lines_read.linked_amount', 'lines_read.minor_unit_digits', 'lines_read.rounding_method_code'
                    ) }}
                else lines_read.linked_amount
            end
        ){% endset %}
        cast({{ read }} as {{ pay_type() }}) as read_amount,
        cast({{ multiply_exact(read, 'links.rate_ratio') }} as {{ pay_type() }}) as linked_amount
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
    span_number,
    rule_set_id,
    'linked:' || period_id || ':' || payee_id || ':' || plan_id || ':' || component_id as line_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    period_id,
    end_date as line_date,
    team_id,
    region_id,
    is_held,
    of_component_id,
    rate_ratio,
    read_amount,
    case when not is_held then linked_amount end as linked_amount,
    case
        when is_held then null
        when is_converted then linked_amount
        else {{ round_to_minor_unit('linked_amount', 'minor_unit_digits', 'rounding_method_code') }}
    end as counted_amount
from linked_lines
where
    is_held
    or linked_amount <> 0
