-- One row a line with triggers or a holdback and day: what of it is triggered, and what of that is payable, held back
-- or never payable, each in whole minor units; what is earned, where that is later than the credit, and what is
-- triggered before it is earned. What has become payable or earned stays so: taking back is no trigger's work.
with terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        cash_share_ratio,
        -- Where only a holdback waits, a re-rate counts for all that is open.
        coalesce(rate_fixed_code, 'window_end') as rate_fixed_code,
        coalesce(partial_cash_code, 'in_full') = 'prorated' as is_prorated,
        holdback_ratio,
        holdback_days,
        is_passed_on,
        rounding_method_code
    from {{ ref('stg_planning__payable_terms') }}
),

waiting_lines as (
    select
        rule_set_id,
        line_id,
        plan_id,
        plan_version,
        component_id,
        line_kind_code,
        line_date,
        earned_amount,
        minor_unit_digits,
        sale_kind_code,
        sale_id,
        earned_at_code,
        last_payable_date
    from {{ ref('int_pay_waiting_lines') }}
    where not is_held
),

trigger_days as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        sale_kind_code,
        sale_id,
        trigger_date,
        share_ratio,
        is_invoiced,
        cash_amount,
        total_amount,
        is_unknown
    from {{ ref('int_pay_trigger_days') }}
),

lines_with_terms as (
    select
        waiting_lines.rule_set_id,
        waiting_lines.line_id,
        waiting_lines.plan_id,
        waiting_lines.plan_version,
        waiting_lines.component_id,
        waiting_lines.line_date,
        waiting_lines.earned_amount,
        waiting_lines.line_kind_code = 'rerate' and terms.rate_fixed_code = 'credit_date' as is_never_payable,
        waiting_lines.line_kind_code = 'rerate' and terms.rate_fixed_code = 'trigger' as is_payable_from_now,
        terms.cash_share_ratio,
        terms.is_prorated,
        terms.holdback_ratio,
        terms.holdback_days,
        terms.is_passed_on,
        terms.rounding_method_code,
        waiting_lines.minor_unit_digits,
        waiting_lines.last_payable_date,
        waiting_lines.earned_at_code,
        waiting_lines.sale_kind_code,
        waiting_lines.sale_id
    from waiting_lines
    inner join terms
        on
            waiting_lines.rule_set_id = terms.rule_set_id
            and waiting_lines.plan_id = terms.plan_id
            and waiting_lines.plan_version = terms.plan_version
            and waiting_lines.component_id = terms.component_id
),

lines_on_days as (
    select
        lines_with_terms.rule_set_id,
        lines_with_terms.line_id,
        lines_with_terms.line_date,
        lines_with_terms.last_payable_date,
        lines_with_terms.earned_amount,
        lines_with_terms.is_never_payable,
        lines_with_terms.is_payable_from_now,
        lines_with_terms.holdback_ratio,
        lines_with_terms.holdback_days,
        lines_with_terms.is_passed_on,
        lines_with_terms.rounding_method_code,
        lines_with_terms.minor_unit_digits,
        lines_with_terms.earned_at_code,
        trigger_days.is_invoiced,
        trigger_days.trigger_date,
        trigger_days.is_unknown,
        trigger_days.total_amount > 0 and trigger_days.cash_amount >= trigger_days.total_amount as is_paid_in_full,
        abs(lines_with_terms.earned_amount) as line_amount,
        trigger_days.share_ratio,
        lines_with_terms.cash_share_ratio,
        case
            when
                lines_with_terms.is_prorated and trigger_days.total_amount > 0
                then greatest(trigger_days.cash_amount, 0)
            else 0
        end as cash_amount,
        case when trigger_days.total_amount > 0 then trigger_days.total_amount else 1 end as total_amount
    from lines_with_terms
    inner join trigger_days
        on
            lines_with_terms.rule_set_id = trigger_days.rule_set_id
            and lines_with_terms.plan_id = trigger_days.plan_id
            and lines_with_terms.plan_version = trigger_days.plan_version
            and lines_with_terms.component_id = trigger_days.component_id
            and lines_with_terms.sale_kind_code = trigger_days.sale_kind_code
            and lines_with_terms.sale_id = trigger_days.sale_id
),

-- The part on cash is divided once; all of it is due when the customer has paid in full.
days_unrounded as (
    select
        rule_set_id,
        line_id,
        line_date,
        last_payable_date,
        earned_amount,
        is_never_payable,
        is_payable_from_now,
        holdback_ratio,
        holdback_days,
        is_passed_on,
        rounding_method_code,
        minor_unit_digits,
        earned_at_code,
        trigger_date,
        is_unknown,
        is_paid_in_full,
        cast(
            case
                when is_paid_in_full
                    then {{ multiply_exact('line_amount', '(share_ratio + cash_share_ratio)') }}
                when cash_share_ratio = 0 or cash_amount = 0 then {{ multiply_exact('line_amount', 'share_ratio') }}
                else {{ multiply_exact('line_amount', 'share_ratio') }} + {{
                    divide_once(
                        multiply_amounts(multiply_exact('line_amount', 'cash_share_ratio'), 'cash_amount'),
                        'total_amount'
                    )
                }}
            end as {{ pay_type() }}
        ) as unrounded_amount,
        cast(
            case
                when earned_at_code = 'credit' or (earned_at_code = 'invoice' and not is_invoiced) then 0
                when earned_at_code = 'invoice' or is_paid_in_full then line_amount
                when cash_amount = 0 then 0
                else {{ divide_once(multiply_amounts('line_amount', 'cash_amount'), 'total_amount') }}
            end as {{ pay_type() }}
        ) as unrounded_earned_amount
    from lines_on_days
),

days_rounded as (
    select
        rule_set_id,
        line_id,
        line_date,
        last_payable_date,
        earned_amount,
        is_never_payable,
        is_payable_from_now,
        holdback_ratio,
        holdback_days,
        is_passed_on,
        rounding_method_code,
        minor_unit_digits,
        earned_at_code,
        trigger_date,
        -- A line of nothing, or of what can never be payable, waits for no money.
        is_unknown and earned_amount <> 0 and not is_never_payable as is_unknown,
        is_paid_in_full,
        -- What can never be payable is so at once, and waits for no trigger.
        case
            when is_never_payable then abs(earned_amount)
            else {{ round_to_minor_unit('unrounded_amount', 'minor_unit_digits', 'rounding_method_code') }}
        end as triggered_amount,
        case
            when earned_at_code = 'credit' then cast(0 as {{ pay_type() }})
            when is_never_payable then abs(earned_amount)
            else {{ round_to_minor_unit('unrounded_earned_amount', 'minor_unit_digits', 'rounding_method_code') }}
        end as became_earned_amount
    from days_unrounded
),

days_to_date as (
    select
        rule_set_id,
        line_id,
        line_date,
        last_payable_date,
        earned_amount,
        is_never_payable,
        is_payable_from_now,
        holdback_ratio,
        holdback_days,
        is_passed_on,
        rounding_method_code,
        minor_unit_digits,
        earned_at_code,
        trigger_date,
        is_unknown,
        coalesce(last_payable_date < line_date, false) as is_after_leaving,
        max(triggered_amount) over (
            partition by rule_set_id, line_id
            order by trigger_date
            rows between unbounded preceding and current row
        ) as triggered_amount,
        max(became_earned_amount) over (
            partition by rule_set_id, line_id
            order by trigger_date
            rows between unbounded preceding and current row
        ) as became_earned_amount,
        coalesce(max(case when trigger_date < line_date then triggered_amount end) over (
            partition by rule_set_id, line_id
        ), 0) as triggered_before_amount,
        coalesce(
            max(
                case when trigger_date <= coalesce(last_payable_date, {{ far_future_date() }}) then triggered_amount end
            )
                over (partition by rule_set_id, line_id), 0
        ) as triggered_in_time_amount,
        min(case when is_paid_in_full and not is_unknown then trigger_date end)
            over (partition by rule_set_id, line_id)
            as paid_in_full_date
    from days_rounded
),

-- After leaving, what is earned anew is not payable; what is taken back is, as far as it was. A successor takes over
-- what the payee would be paid of it without having left.
days_payable as (
    select
        rule_set_id,
        line_id,
        line_date,
        last_payable_date,
        earned_amount,
        holdback_ratio,
        holdback_days,
        is_passed_on,
        rounding_method_code,
        minor_unit_digits,
        earned_at_code,
        trigger_date,
        is_unknown,
        paid_in_full_date,
        triggered_amount,
        became_earned_amount,
        case
            when is_never_payable then 0
            when is_after_leaving and (earned_amount > 0 or is_payable_from_now) then 0
            when is_payable_from_now
                then greatest(least(triggered_amount, triggered_in_time_amount) - triggered_before_amount, 0)
            else least(triggered_amount, triggered_in_time_amount)
        end as payee_amount,
        case
            when is_never_payable then 0
            when is_payable_from_now then greatest(triggered_amount - triggered_before_amount, 0)
            else triggered_amount
        end as everybody_amount
    from days_to_date
),

days_held_back as (
    select
        rule_set_id,
        line_id,
        line_date,
        last_payable_date,
        earned_amount,
        holdback_ratio,
        holdback_days,
        is_passed_on,
        earned_at_code,
        trigger_date,
        is_unknown,
        paid_in_full_date,
        cast(triggered_amount as {{ pay_type() }}) as triggered_amount,
        cast(became_earned_amount as {{ pay_type() }}) as became_earned_amount,
        case
            when earned_at_code = 'credit' then cast(0 as {{ pay_type() }})
            else cast(greatest(triggered_amount - became_earned_amount, 0) as {{ pay_type() }})
        end as advanced_amount,
        cast(case when is_passed_on then everybody_amount else payee_amount end as {{ pay_type() }}) as payable_amount,
        cast(payee_amount as {{ pay_type() }}) as payee_amount,
        {%- for name, amount in [
            ('held_amount', 'case when is_passed_on then everybody_amount else payee_amount end'),
            ('payee_held_amount', 'payee_amount'),
        ] %}
    case
        when holdback_ratio = 0 then cast(0 as {{ pay_type() }})
        else {{
                round_to_minor_unit(
                    multiply_exact(amount, 'holdback_ratio'), 'minor_unit_digits', 'rounding_method_code'
                )
            }}
    end as {{ name }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
    from days_payable
)

select
    rule_set_id,
    line_id,
    trigger_date,
    greatest(trigger_date, line_date) as posting_date,
    last_payable_date,
    paid_in_full_date,
    holdback_days,
    is_passed_on,
    -- What is unknown about a sale does not matter to a line of which nothing is open any more.
    is_unknown
    and (
        coalesce(max(case when not is_unknown then triggered_amount end) over (partition by rule_set_id, line_id), 0)
        < abs(earned_amount)
        or (holdback_ratio > 0 and holdback_days is null and paid_in_full_date is null)
    ) as is_held,
    earned_at_code <> 'credit' as is_earned_later,
    earned_at_code = 'cash'
    and is_unknown
    and coalesce(
        max(case when not is_unknown then became_earned_amount end) over (partition by rule_set_id, line_id), 0
    ) < abs(earned_amount) as is_earned_held,
    {%- for name, total in [
        ('payable_amount', 'payable_amount'),
        ('held_amount', 'held_amount'),
        ('passed_on_amount', '((payable_amount - held_amount) - (payee_amount - payee_held_amount))'),
        ('forfeited_amount', '(triggered_amount - payable_amount)'),
        ('became_earned_amount', 'became_earned_amount'),
        ('advanced_amount', 'advanced_amount'),
    ] %}
cast(
    case when earned_amount < 0 then -1 else 1 end * (
        {{ total }}
        - coalesce(lag({{ total }}) over (partition by rule_set_id, line_id order by trigger_date), 0)
    ) as {{ pay_type() }}
) as {{ name }}
{%- if not loop.last %},{% endif %}
{%- endfor %}
from days_held_back
