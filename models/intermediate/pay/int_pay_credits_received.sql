-- One row an event, payee, component and kind of credit: which part of the event a rule gives to whom. What the part is
-- worth, and in which window it counts, is said in int_pay_credits.
with shares as (
    select
        share_number,
        event_order,
        origin_date,
        event_class_code,
        payee_id,
        share_kind_code,
        share_ratio,
        split_total_ratio,
        share_amount
    from {{ ref('int_pay_shares') }}
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        payee_id,
        enrolled_from_date,
        enrolled_to_date
    from {{ ref('int_pay_enrolments') }}
),

rules as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        rule_number,
        receiver_code,
        quota_credit_ratio,
        pay_credit_ratio,
        roll_up_depth,
        event_class_code
    from {{ ref('int_pay_rules') }}
    where not is_routed
),

chains as (
    select
        payee_id,
        manager_payee_id,
        valid_from_date,
        valid_to_date,
        depth,
        hold_text
    from {{ ref('int_pay_chains') }}
),

routed_credits as (
    select
        share_number,
        enrolment_number,
        credit_kind_code,
        credit_ratio,
        share_amount,
        taken_amount,
        quota_credit_ratio,
        pay_credit_ratio,
        hold_text as chain_hold_text
    from {{ ref('int_pay_credits_routed') }}
),

-- Whose day counts for people, plan version and rate: that of the sale, for a reversal too.
direct_credits as (
    select
        shares.share_number,
        enrolments.enrolment_number,
        shares.share_kind_code as credit_kind_code,
        shares.share_ratio as credit_ratio,
        shares.share_amount,
        cast(null as {{ pay_type() }}) as taken_amount,
        rules.quota_credit_ratio,
        rules.pay_credit_ratio,
        cast(null as {{ dbt.type_string() }}) as chain_hold_text
    from shares
    inner join enrolments
        on
            shares.payee_id = enrolments.payee_id
            and shares.origin_date >= enrolments.enrolled_from_date
            and shares.origin_date <= enrolments.enrolled_to_date
    inner join rules
        on
            enrolments.rule_set_id = rules.rule_set_id
            and enrolments.plan_id = rules.plan_id
            and enrolments.plan_version = rules.plan_version
            and enrolments.component_id = rules.component_id
            and shares.event_class_code = rules.event_class_code
            and case shares.share_kind_code when 'overlay' then 'overlay' else 'seller' end = rules.receiver_code
),

manager_rules as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        quota_credit_ratio,
        pay_credit_ratio,
        roll_up_depth,
        event_class_code
    from rules
    where receiver_code = 'manager'
),

-- What the revenue shares below a manager add up to: an event counts once for each manager, whoever shared it.
managed_shares as (
    select
        shares.share_number,
        shares.event_order,
        enrolments.enrolment_number,
        shares.share_ratio,
        shares.share_amount,
        manager_rules.quota_credit_ratio,
        manager_rules.pay_credit_ratio,
        shares.split_total_ratio,
        chains.hold_text
    from manager_rules
    inner join enrolments
        on
            manager_rules.rule_set_id = enrolments.rule_set_id
            and manager_rules.plan_id = enrolments.plan_id
            and manager_rules.plan_version = enrolments.plan_version
            and manager_rules.component_id = enrolments.component_id
    inner join chains
        on
            enrolments.payee_id = chains.manager_payee_id
            and manager_rules.roll_up_depth >= chains.depth
            and enrolments.enrolled_to_date >= chains.valid_from_date
            and enrolments.enrolled_from_date <= chains.valid_to_date
    inner join shares
        on
            chains.payee_id = shares.payee_id
            and manager_rules.event_class_code = shares.event_class_code
            and shares.share_kind_code <> 'overlay'
            and chains.valid_from_date <= shares.origin_date
            and chains.valid_to_date >= shares.origin_date
            and enrolments.enrolled_from_date <= shares.origin_date
            and enrolments.enrolled_to_date >= shares.origin_date
),

manager_credits as (
    select
        -- Any share of the event: what is read by it is the event's.
        min(share_number) as share_number,
        enrolment_number,
        'manager' as credit_kind_code,
        cast(sum(share_ratio) as {{ ratio_type() }}) as credit_ratio,
        cast(sum(share_amount) as {{ pay_type() }}) as share_amount,
        cast(null as {{ pay_type() }}) as taken_amount,
        quota_credit_ratio,
        pay_credit_ratio,
        min(hold_text) as chain_hold_text
    from managed_shares
    group by
        event_order,
        enrolment_number,
        quota_credit_ratio,
        pay_credit_ratio,
        split_total_ratio
)
{%- for kind in ['direct_credits', 'manager_credits', 'routed_credits'] %}

select
    share_number,
    enrolment_number,
    credit_kind_code,
    credit_ratio,
    share_amount,
    taken_amount,
    quota_credit_ratio,
    pay_credit_ratio,
    chain_hold_text
from {{ kind }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
