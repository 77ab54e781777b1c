-- One row a line of a sale whose contract was cancelled within the window of a clawback, with what the share is of:
-- what it earned, or with clawback_base calculated what it was before limits, or with recomputed what the windows earn
-- less without the sale, at the sale's own line. Lines up to the day of the cancellation
-- are cut as one sum, that of the sale; a later one, such as a re-rate, is cut by itself.
with cancellations as (
    select
        rule_set_id,
        sale_line_id,
        payee_id,
        plan_id,
        component_id,
        sale_kind_code,
        sale_id,
        clawback_date,
        period_id,
        is_unknown
    from {{ ref('int_pay_cancellations') }}
),

waiting_lines as (
    select
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        currency_code,
        event_id,
        sale_kind_code,
        sale_id,
        line_date,
        earned_amount,
        earned_at_code
    from {{ ref('int_pay_waiting_lines') }}
    where event_id is not null
),

limits as (
    select
        rule_set_id,
        line_id,
        limit_amount
    from {{ ref('int_pay_limits_of_lines') }}
),

recomputed_sales as (
    select
        rule_set_id,
        sale_line_id,
        is_held,
        recomputed_amount
    from {{ ref('int_pay_recomputed_sales') }}
)

select
    waiting_lines.rule_set_id,
    waiting_lines.line_id,
    cancellations.sale_line_id,
    cancellations.clawback_date,
    cancellations.period_id as clawback_period_id,
    cancellations.is_unknown or coalesce(recomputed_sales.is_held, false) as is_unknown,
    waiting_lines.payee_id,
    waiting_lines.plan_id,
    waiting_lines.component_id,
    waiting_lines.calendar_id,
    waiting_lines.period_id,
    waiting_lines.currency_code,
    waiting_lines.event_id,
    waiting_lines.line_date,
    waiting_lines.earned_amount,
    waiting_lines.earned_at_code <> 'credit' as is_earned_later,
    cast(case
        when recomputed_sales.sale_line_id is null or waiting_lines.line_date > cancellations.clawback_date
            then waiting_lines.earned_amount - coalesce(limits.limit_amount, 0)
        when waiting_lines.line_id = cancellations.sale_line_id then recomputed_sales.recomputed_amount
        else 0
    end as {{ pay_type() }}) as base_amount,
    waiting_lines.line_date > cancellations.clawback_date as is_later,
    case
        when waiting_lines.line_date > cancellations.clawback_date then waiting_lines.line_id
        else cancellations.sale_line_id
    end as cut_line_id
from waiting_lines
inner join cancellations
    on
        waiting_lines.rule_set_id = cancellations.rule_set_id
        and waiting_lines.payee_id = cancellations.payee_id
        and waiting_lines.plan_id = cancellations.plan_id
        and waiting_lines.component_id = cancellations.component_id
        and waiting_lines.sale_kind_code = cancellations.sale_kind_code
        and waiting_lines.sale_id = cancellations.sale_id
left join limits
    on
        waiting_lines.rule_set_id = limits.rule_set_id
        and waiting_lines.line_id = limits.line_id
left join recomputed_sales
    on
        cancellations.rule_set_id = recomputed_sales.rule_set_id
        and cancellations.sale_line_id = recomputed_sales.sale_line_id
