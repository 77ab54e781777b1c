-- One row a credit of a component with a cap, a floor or an offset on the measure of single events: by how much it
-- moves the measure. What a sale is worth is a function of what was credited for it to date, so a return first gives
-- back what lay above the cap. Rows only for plans with such a rule.
with rules as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        cast(event_cap_amount as {{ pay_type() }}) as cap_amount,
        cast(event_floor_amount as {{ pay_type() }}) as floor_amount,
        cast(coalesce(event_offset_amount, 0) as {{ pay_type() }}) as offset_amount
    from {{ ref('stg_planning__components') }}
    where
        event_cap_amount is not null
        or event_floor_amount is not null
        or event_offset_amount is not null
),

enrolments as (
    select
        enrolments.enrolment_number,
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.component_id,
        rules.cap_amount,
        rules.floor_amount,
        rules.offset_amount
    from {{ ref('int_pay_enrolments') }} as enrolments
    inner join rules
        on
            enrolments.rule_set_id = rules.rule_set_id
            and enrolments.plan_id = rules.plan_id
            and enrolments.plan_version = rules.plan_version
            and enrolments.component_id = rules.component_id
),

credits as (
    select
        credit_number,
        share_number,
        enrolment_number,
        credit_kind_code,
        credit_date,
        quota_credit_amount
    from {{ ref('int_pay_credits') }}
),

shares as (
    select
        share_number,
        event_order,
        origin_event_id
    from {{ ref('int_pay_shares') }}
),

sales as (
    select
        credits.credit_number,
        credits.quota_credit_amount,
        enrolments.cap_amount,
        enrolments.floor_amount,
        enrolments.offset_amount,
        cast(sum(credits.quota_credit_amount) over (
            partition by
                enrolments.rule_set_id, enrolments.payee_id, enrolments.plan_id, enrolments.component_id,
                shares.origin_event_id, credits.credit_kind_code
            order by credits.credit_date, shares.event_order
            rows between unbounded preceding and current row
        ) as {{ pay_type() }}) as credited_amount
    from credits
    inner join enrolments
        on credits.enrolment_number = enrolments.enrolment_number
    inner join shares
        on credits.share_number = shares.share_number
),

-- Below 0 and at 0 nothing is changed: a full return leaves nothing.
sales_with_offset as (
    select
        credit_number,
        cap_amount,
        floor_amount,
        case
            when credited_amount <= 0 then credited_amount
            else greatest(credited_amount + offset_amount, 0)
        end as after_amount,
        case
            when credited_amount - quota_credit_amount <= 0 then credited_amount - quota_credit_amount
            else greatest(credited_amount - quota_credit_amount + offset_amount, 0)
        end as before_amount
    from sales
    where quota_credit_amount is not null
)

select
    credit_number,
    cast(
        {{ limited_pay('after_amount', 'floor_amount', 'cap_amount') }}
        - {{ limited_pay('before_amount', 'floor_amount', 'cap_amount') }}
        as {{ pay_type() }}
    ) as measured_amount
from sales_with_offset
