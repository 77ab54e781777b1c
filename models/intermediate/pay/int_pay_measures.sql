-- One row a credit, with the tier measure of its window before and after it: X goes from a to b. Credits go in the
-- declared order, so that neither input order nor threads matter. (scope_number, position) is a short key of a credit
-- in one run.
{%- set columns = [
    'scope_number', 'rule_set_id', 'plan_id', 'plan_version', 'component_id', 'payee_id', 'credit_id', 'sale_credit_id', 'credit_kind_code',
    'credit_ratio', 'event_kind_code', 'event_id', 'origin_event_id', 'event_date', 'credit_date', 'event_amount',
    'origin_amount', 'event_currency_code', 'exchange_rate', 'opportunity_id', 'invoice_id', 'is_source_held', 'is_reversal',
    'team_id', 'region_id', 'currency_code', 'minor_unit_digits', 'calendar_id', 'period_id', 'window_code',
    'window_period_id', 'style_code', 'catch_up_code', 'reversal_window_code', 'rounding_method_code',
    'rounding_scope_code', 'quota_amount', 'quota_credit_amount', 'pay_credit_amount', 'hold_text',
] %}
with credits as (
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('int_pay_credits') }}
),

credits_in_windows as (
    select
        {{ columns | join(',\n        ') }},
        row_number() over credits_in_order as position,
        sum(quota_credit_amount) over credits_in_order as running_amount,
        -- From the first unknown credit on, everything that reads this accumulator is unknown.
        max(case when hold_text is not null then 1 else 0 end) over credits_in_order as is_held
    from credits
    where window_code <> 'none'
    window credits_in_order as (
        partition by scope_number
        order by credit_date, event_date, event_id, credit_id
        rows between unbounded preceding and current row
    )
),

-- Without a window each sale is alone with its reversals.
credits_without_window as (
    select
        {{ columns | join(',\n        ') }},
        row_number() over (
            partition by scope_number
            order by credit_date, event_date, event_id, credit_id
        ) as position,
        sum(quota_credit_amount) over sale_in_order as running_amount,
        max(case when hold_text is not null then 1 else 0 end) over sale_in_order as is_held
    from credits
    where window_code = 'none'
    window sale_in_order as (
        partition by scope_number, origin_event_id, credit_kind_code
        order by credit_date, event_date, event_id, credit_id
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

-- A mirror of a held line is unknown too, but moves no accumulator by what it pays.
held_mirrors as (
    select
        reversals.scope_number,
        reversals.position
    from measures as reversals
    inner join measures as sales
        on
            reversals.rule_set_id = sales.rule_set_id
            and reversals.sale_credit_id = sales.credit_id
    where
        reversals.is_reversal
        and reversals.reversal_window_code = 'mirror'
        and sales.is_held = 1
)

select
    {%- for column in columns %}
    measures.{{ column }},
    {%- endfor %}
    measures.position,
    measures.is_held = 1 or held_mirrors.position is not null as is_held,
    case
        when measures.is_held = 0 then cast(measures.running_amount - measures.quota_credit_amount as {{ pay_type() }})
    end as measure_before_amount,
    case when measures.is_held = 0 then cast(measures.running_amount as {{ pay_type() }}) end as measure_after_amount
from measures
left join held_mirrors
    on
        measures.scope_number = held_mirrors.scope_number
        and measures.position = held_mirrors.position
