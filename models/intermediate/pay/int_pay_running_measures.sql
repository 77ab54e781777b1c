-- One row a credit, with the tier measure of its window before and after it, were nothing unknown: X goes from a to b.
-- Credits go in the declared order, so that neither input order nor threads matter. (scope_number, position) is a short
-- key of a credit in one run; share_number (NULL where a period is paid) and enrolment_number lead to what names it.
-- Whole numbers are sorted here and no texts, and what an enrolment says is left to int_pay_measures: a row that is
-- sorted and written costs what it is wide. Each branch reads its tables anew: what is read twice is kept whole.
{%- set columns = [
    'credit_number', 'scope_number', 'share_number', 'enrolment_number', 'credit_kind_code', 'is_mirror', 'period_id',
    'credit_date', 'quota_credit_amount', 'pay_credit_amount',
] %}
{#- Credit ids of one window differ in the event and the kind of credit alone. #}
{%- set declared_order %}credit_order, credit_kind_code{% endset %}
with event_credits as (
    select
        credit_number,
        scope_number,
        share_number,
        enrolment_number,
        credit_kind_code,
        credit_date,
        period_id,
        quota_credit_amount,
        pay_credit_amount,
        hold_text
    from {{ ref('int_pay_credits') }}
),

shares as (
    select
        share_number,
        event_order,
        origin_event_id,
        event_kind_code in ('credit_note', 'margin_reversal') as is_reversal
    from {{ ref('int_pay_shares') }}
),

-- Rows only for plans with a rule about the measure of single events.
event_measures as (
    select
        credit_number,
        measured_amount
    from {{ ref('int_pay_event_measures') }}
),

-- Rows only for plans that carry what a window leaves below zero.
negative_totals as (
    select
        scope_number,
        unknown_count,
        carried_amount
    from {{ ref('int_pay_negative_totals') }}
),

period_credits as (
    select
        credit_number,
        scope_number,
        enrolment_number,
        event_order,
        event_id,
        credit_date,
        period_id,
        quota_credit_amount,
        pay_credit_amount,
        hold_text
    from {{ ref('int_pay_period_credits') }}
),

{%- for branch, is_of_branch in [('in_windows', "<> 'none'"), ('without_window', "= 'none'")] %}

enrolments_{{ branch }} as (
    select
        enrolment_number,
        reversal_window_code = 'mirror' as is_mirroring,
        style_code in ('retroactive', 'step') as is_tier_kept
    from {{ ref('int_pay_enrolments') }}
    where window_code {{ is_of_branch }}
),

credits_in_order_{{ branch }} as (
    select
        event_credits.credit_number,
        event_credits.scope_number,
        event_credits.share_number,
        event_credits.enrolment_number,
        -- By the day of the credit, then by its event: one number is sorted faster than two.
        {{ days_between("cast('1900-01-01' as date)", 'event_credits.credit_date') }} * 1000000000000
        + shares.event_order as credit_order,
        event_credits.credit_kind_code,
        shares.origin_event_id,
        event_credits.credit_date,
        shares.is_reversal,
        event_credits.period_id,
        coalesce(event_measures.measured_amount, event_credits.quota_credit_amount) as quota_credit_amount,
        coalesce(event_measures.measured_amount, event_credits.pay_credit_amount) as pay_credit_amount,
        event_credits.hold_text
    from event_credits
    inner join shares
        on event_credits.share_number = shares.share_number
    left join event_measures
        on event_credits.credit_number = event_measures.credit_number
    union all
    -- What pays for a period stands for no event: the period takes its place.
    select
        credit_number,
        scope_number,
        cast(null as bigint) as share_number,
        enrolment_number,
        event_order as credit_order,
        'period' as credit_kind_code,
        event_id as origin_event_id,
        credit_date,
        false as is_reversal,
        period_id,
        quota_credit_amount,
        pay_credit_amount,
        hold_text
    from period_credits
),

credits_{{ branch }} as (
    select
        credits_in_order.credit_number,
        credits_in_order.scope_number,
        credits_in_order.share_number,
        credits_in_order.enrolment_number,
        credits_in_order.credit_order,
        credits_in_order.credit_kind_code,
        credits_in_order.is_reversal and enrolments.is_mirroring as is_mirror,
        credits_in_order.period_id,
        {%- if branch == 'without_window' %}
        -- Without a window each sale is alone with its reversals.
        credits_in_order.origin_event_id || ':' || credits_in_order.credit_kind_code as sale_code,
        {%- endif %}
        credits_in_order.credit_date,
        credits_in_order.quota_credit_amount,
        -- A mirror moves the measure; but the tier that retroactive and step pay reached is kept, or a bound crossed
        -- again would be paid twice.
        case
            when credits_in_order.is_reversal and enrolments.is_mirroring and enrolments.is_tier_kept then 0
            else credits_in_order.quota_credit_amount
        end as moved_amount,
        credits_in_order.pay_credit_amount,
        case when credits_in_order.hold_text is not null then 1 else 0 end as unknown_count
    from credits_in_order_{{ branch }} as credits_in_order
    inner join enrolments_{{ branch }} as enrolments
        on credits_in_order.enrolment_number = enrolments.enrolment_number
),
{%- endfor %}

measures_in_windows as (
    select
        {{ columns | join(',\n        ') }},
        moved_amount,
        row_number() over credits_of_scope as position,
        sum(moved_amount) over credits_of_scope as running_amount,
        -- From the first unknown credit on, everything that reads this accumulator is unknown.
        max(unknown_count) over credits_of_scope as unknown_count
    from credits_in_windows
    window credits_of_scope as (
        partition by scope_number
        order by {{ declared_order }}
        rows between unbounded preceding and current row
    )
),

measures_in_carried_windows as (
    select
        {%- for column in columns %}
        measures_in_windows.{{ column }},
        {%- endfor %}
        '' as sale_code,
        measures_in_windows.moved_amount,
        measures_in_windows.position,
        measures_in_windows.running_amount + coalesce(negative_totals.carried_amount, 0) as running_amount,
        greatest(measures_in_windows.unknown_count, coalesce(negative_totals.unknown_count, 0)) as unknown_count
    from measures_in_windows
    left join negative_totals
        on measures_in_windows.scope_number = negative_totals.scope_number
),

measures_without_window as (
    select
        {{ columns | join(',\n        ') }},
        sale_code,
        moved_amount,
        row_number() over (
            partition by scope_number
            order by {{ declared_order }}
        ) as position,
        sum(moved_amount) over credits_of_sale as running_amount,
        max(unknown_count) over credits_of_sale as unknown_count
    from credits_without_window
    window credits_of_sale as (
        partition by scope_number, sale_code
        order by {{ declared_order }}
        rows between unbounded preceding and current row
    )
),

measures as (
    {%- for source in ['measures_in_carried_windows', 'measures_without_window'] %}
    select
        {{ columns | join(',\n        ') }},
        sale_code,
        position,
        unknown_count > 0 as is_unknown,
        cast(running_amount - moved_amount as {{ pay_type() }}) as measure_before_amount,
        cast(running_amount as {{ pay_type() }}) as measure_after_amount
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

terms as (
    select
        enrolment_number,
        terms_number,
        style_code
    from {{ ref('int_pay_enrolments') }}
)

-- By style and terms curves find their credits: here they are, so that the engine knows how many those are.
select
    {%- for column in columns %}
    measures.{{ column }},
    {%- endfor %}
    measures.sale_code,
    measures.position,
    terms.terms_number,
    terms.style_code,
    measures.is_unknown,
    measures.measure_before_amount,
    measures.measure_after_amount
from measures
inner join terms
    on measures.enrolment_number = terms.enrolment_number
