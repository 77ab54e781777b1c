{{ config(severity='error', meta={
    'reason': 'What an earlier system left behind and no draw, clawback or component takes over is lost.',
    'protects': ['fct_attainment', 'fct_draw_balances', 'fct_payout_entries', 'fct_payout_lines'],
}) }}
-- Opening entries and personal amounts that name a draw which no version of the plan has, what is owed of clawbacks
-- where no version has one, entries of a component that the payee does not have on their day, and those of an unknown
-- kind.
with named as (
    select
        rule_set_id,
        plan_id,
        draw_id,
        opening_id as row_id
    from {{ ref('stg_planning__opening_entries') }}
    where entry_code = 'draw_owed'
    union all
    select
        rule_set_id,
        plan_id,
        draw_id,
        draw_amount_id as row_id
    from {{ ref('stg_planning__draw_amounts') }}
)

select
    named.rule_set_id,
    named.row_id
from named
left join {{ ref('stg_planning__draws') }} as draws
    on
        named.rule_set_id = draws.rule_set_id
        and named.plan_id = draws.plan_id
        and named.draw_id = draws.draw_id
where draws.draw_id is null
union all
select
    openings.rule_set_id,
    openings.opening_id as row_id
from {{ ref('stg_planning__opening_entries') }} as openings
left join {{ ref('stg_planning__payable_terms') }} as terms
    on
        openings.rule_set_id = terms.rule_set_id
        and openings.plan_id = terms.plan_id
        and terms.clawback_days is not null
where openings.entry_code = 'clawback_owed' and terms.plan_id is null
union all
select
    entries.rule_set_id,
    entries.opening_id as row_id
from {{ ref('stg_planning__opening_entries') }} as entries
left join {{ ref('int_pay_openings') }} as openings
    on
        entries.rule_set_id = openings.rule_set_id
        and entries.payee_id = openings.payee_id
        and entries.plan_id = openings.plan_id
        and entries.component_id = openings.component_id
where
    entries.entry_code not in ('draw_owed', 'clawback_owed')
    and (
        openings.scope_number is null
        or entries.entry_code not in ('quota_credit', 'pay_credit', 'earned', 'cap_used')
    )
