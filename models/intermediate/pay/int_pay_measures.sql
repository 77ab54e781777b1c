-- One row a credit, with the tier measure of its window before and after it: X goes from a to b. Credits go in the
-- declared order, so that neither input order nor threads matter. (scope_number, position) is a short key of a credit
-- in one run; credit_number leads to what names it.
{%- set columns = [
    'credit_number', 'scope_number', 'rule_set_id', 'plan_version', 'credit_kind_code', 'origin_event_id',
    'is_mirror', 'period_id', 'window_code', 'style_code', 'catch_up_code', 'minor_unit_digits', 'rounding_method_code',
    'rounding_scope_code', 'credit_date', 'quota_credit_amount', 'pay_credit_amount', 'unknown_count',
] %}
{#- Credit ids of one window differ in the kind of event and of credit alone once the event's id is equal. #}
{%- set declared_order %}credit_date, event_date, event_id, event_kind_code, credit_kind_code{% endset %}
with credits as (
    select
        credit_number,
        scope_number,
        rule_set_id,
        plan_version,
        credit_id,
        sale_credit_id,
        credit_kind_code,
        origin_event_id,
        event_id,
        event_kind_code,
        event_date,
        event_amount,
        origin_amount,
        is_reversal,
        is_reversal and reversal_window_code = 'mirror' as is_mirror,
        period_id,
        window_code,
        style_code,
        catch_up_code,
        minor_unit_digits,
        rounding_method_code,
        rounding_scope_code,
        credit_date,
        quota_credit_amount,
        pay_credit_amount,
        case when hold_text is not null then 1 else 0 end as unknown_count
    from {{ ref('int_pay_credits_named') }}
),

credits_in_windows as (
    select
        {{ columns | join(',\n        ') }},
        row_number() over credits_in_order as position,
        sum(quota_credit_amount) over credits_in_order as running_amount,
        -- From the first unknown credit on, everything that reads this accumulator is unknown.
        max(unknown_count) over credits_in_order as is_held
    from credits
    where window_code <> 'none'
    window credits_in_order as (
        partition by scope_number
        order by {{ declared_order }}
        rows between unbounded preceding and current row
    )
),

-- Without a window each sale is alone with its reversals.
credits_without_window as (
    select
        {{ columns | join(',\n        ') }},
        row_number() over (
            partition by scope_number
            order by {{ declared_order }}
        ) as position,
        sum(quota_credit_amount) over sale_in_order as running_amount,
        max(unknown_count) over sale_in_order as is_held
    from credits
    where window_code = 'none'
    window sale_in_order as (
        partition by scope_number, origin_event_id, credit_kind_code
        order by {{ declared_order }}
        rows between unbounded preceding and current row
    )
),

measures as (
    {%- for source in ['credits_in_windows', 'credits_without_window'] %}
    select
        {{ columns | join(',\n        ') }},
        position,
        running_amount,
        is_held
    from {{ source }}
    where style_code <> 'period_to_date_tier'
    union all
    {%- endfor %}
    -- The tier of these is that of the end of the period, so one unknown credit holds the whole period.
    select
        {{ columns | join(',\n        ') }},
        position,
        running_amount,
        max(is_held) over (partition by scope_number, period_id) as is_held
    from credits_in_windows
    where style_code = 'period_to_date_tier'
),

-- The sale that a mirror takes back, and how much of it.
mirrored_credits as (
    select
        reversals.credit_number,
        reversals.event_amount,
        reversals.origin_amount,
        sales.credit_number as sale_credit_number
    from credits as reversals
    inner join credits as sales
        on
            reversals.rule_set_id = sales.rule_set_id
            and reversals.sale_credit_id = sales.credit_id
    where reversals.is_mirror
),

-- A mirror of a held line is unknown too, but moves no accumulator by what it pays.
mirrors as (
    select
        mirrored_credits.credit_number,
        mirrored_credits.event_amount,
        mirrored_credits.origin_amount,
        mirrored_credits.sale_credit_number,
        sales.is_held = 1 as is_sale_held
    from mirrored_credits
    inner join measures as sales
        on mirrored_credits.sale_credit_number = sales.credit_number
)

select
    measures.credit_number,
    measures.scope_number,
    measures.position,
    measures.plan_version,
    measures.credit_kind_code,
    measures.origin_event_id,
    measures.is_mirror,
    mirrors.sale_credit_number,
    mirrors.event_amount as mirrored_amount,
    mirrors.origin_amount as mirrored_of_amount,
    measures.period_id,
    measures.window_code,
    measures.style_code,
    measures.catch_up_code,
    measures.minor_unit_digits,
    measures.rounding_method_code,
    measures.rounding_scope_code,
    measures.credit_date,
    measures.quota_credit_amount,
    measures.pay_credit_amount,
    measures.is_held = 1 or coalesce(mirrors.is_sale_held, false) as is_held,
    case
        when measures.is_held = 0 then cast(measures.running_amount - measures.quota_credit_amount as {{ pay_type() }})
    end as measure_before_amount,
    case when measures.is_held = 0 then cast(measures.running_amount as {{ pay_type() }}) end as measure_after_amount
from measures
left join mirrors
    on measures.credit_number = mirrors.credit_number
