{{ config(severity='error', meta={
    'reason': 'What a payee owes by the earlier system and no draw or clawback takes over is lost.',
    'protects': ['fct_draw_balances', 'fct_payout_entries'],
}) }}
-- Opening entries and personal amounts that name a draw which no version of the plan has, and what is owed of clawbacks
-- where no version has one.
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
