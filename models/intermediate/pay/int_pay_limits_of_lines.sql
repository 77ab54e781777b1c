-- One row a line that limits change, of components whose clawback takes back what was calculated before them: what they
-- add to the line, or take off it, in the currency of payout. What mirrors a sale takes back its part of that too.
with terms as (
    select
        rule_set_id,
        plan_id,
        component_id
    from {{ ref('stg_planning__payable_terms') }}
    where clawback_base_code = 'calculated'
    group by rule_set_id, plan_id, component_id
),

credits as (
    select
        credits.credit_number,
        credits.rule_set_id,
        credits.credit_id
    from {{ ref('int_pay_credits_named') }} as credits
    inner join terms
        on
            credits.rule_set_id = terms.rule_set_id
            and credits.plan_id = terms.plan_id
            and credits.component_id = terms.component_id
),

limits as (
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        slice_amount
    from {{ ref('int_pay_effects') }}
    where coalesce(mirrored_kind_code, trace_kind_code) = 'limit'
),

roundings as (
    select
        scope_number,
        position,
        line_kind_code,
        credit_number,
        cause_credit_number
    from {{ ref('int_pay_roundings') }}
),

causes_numbered as (
    select distinct cause_credit_number
    from roundings
    where cause_credit_number is not null
),

-- What caused a line may be a credit of another component, which has no clawback.
causes as (
    select
        credits.credit_number,
        credits.credit_kind_code,
        credits.event_kind_code,
        credits.event_id
    from {{ ref('int_pay_credits_named') }} as credits
    inner join causes_numbered
        on credits.credit_number = causes_numbered.cause_credit_number
),

payout_rates as (
    select
        credit_number,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_payout_rates') }}
),

lines_limited as (
    select
        credits.credit_number,
        credits.rule_set_id,
        case
            when roundings.cause_credit_number is null then credits.credit_id
            else
                credits.credit_id || ':' || roundings.line_kind_code || ':' || causes.credit_kind_code || ':'
                || causes.event_kind_code || ':' || causes.event_id
        end as line_id,
        limits.slice_amount
    from limits
    inner join roundings
        on
            limits.scope_number = roundings.scope_number
            and limits.position = roundings.position
            and limits.caused_by_credit_number = coalesce(roundings.cause_credit_number, -1)
    inner join credits
        on roundings.credit_number = credits.credit_number
    left join causes
        on roundings.cause_credit_number = causes.credit_number
),

lines_added as (
    select
        credit_number,
        rule_set_id,
        line_id,
        cast(sum(slice_amount) as {{ pay_type() }}) as limit_amount
    from lines_limited
    group by credit_number, rule_set_id, line_id
)

select
    lines_added.rule_set_id,
    lines_added.line_id,
    case
        when payout_rates.credit_number is null then lines_added.limit_amount
        else {{
            convert_exactly('lines_added.limit_amount', 'payout_rates.exchange_rate', 'payout_rates.inverse_rate')
        }}
    end as limit_amount
from lines_added
left join payout_rates
    on lines_added.credit_number = payout_rates.credit_number
