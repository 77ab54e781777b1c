-- One row a credit, with the tier measure of its window before and after it: X goes from a to b. Credits go in the
-- declared order, so that neither input order nor threads matter. (scope_number, position) is a short key of a credit
-- in one run; share_number (NULL where a period is paid) and enrolment_number lead to what names it. Whole numbers are
-- sorted here and no texts, and what an enrolment says joins after it: a row that is sorted costs what it is wide.
{%- set columns = [
    'credit_number', 'scope_number', 'share_number', 'enrolment_number', 'credit_kind_code', 'style_code', 'is_mirror', 'period_id',
    'sale_code', 'credit_date', 'quota_credit_amount', 'moved_amount', 'pay_credit_amount',
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

enrolments as (
    select
        enrolment_number,
        plan_version,
        terms_number,
        window_code,
        style_code,
        catch_up_code,
        reversal_window_code,
        payout_minor_unit_digits,
        rounding_method_code,
        rounding_scope_code
    from {{ ref('int_pay_enrolments') }}
),

credits_in_order as (
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

credits as (
    select
        credits_in_order.credit_number,
        credits_in_order.scope_number,
        credits_in_order.share_number,
        credits_in_order.enrolment_number,
        credits_in_order.credit_order,
        credits_in_order.credit_kind_code,
        enrolments.style_code,
        enrolments.window_code = 'none' as is_without_window,
        credits_in_order.is_reversal and enrolments.reversal_window_code = 'mirror' as is_mirror,
        credits_in_order.period_id,
        -- Without a window each sale is alone with its reversals.
        case
            when enrolments.window_code = 'none'
                then credits_in_order.origin_event_id || ':' || credits_in_order.credit_kind_code
            else ''
        end as sale_code,
        credits_in_order.credit_date,
        credits_in_order.quota_credit_amount,
        -- A mirror moves the measure; but the tier that retroactive and step pay reached is kept, or a bound crossed
        -- again would be paid twice.
        case
            when
                credits_in_order.is_reversal
                and enrolments.reversal_window_code = 'mirror'
                and enrolments.style_code in ('retroactive', 'step')
                then 0
            else credits_in_order.quota_credit_amount
        end as moved_amount,
        credits_in_order.pay_credit_amount,
        case when credits_in_order.hold_text is not null then 1 else 0 end as unknown_count
    from credits_in_order
    inner join enrolments
        on credits_in_order.enrolment_number = enrolments.enrolment_number
),

credits_in_windows as (
    select
        {{ columns | join(',\n        ') }},
        row_number() over credits_of_scope as position,
        sum(moved_amount) over credits_of_scope as running_amount,
        -- From the first unknown credit on, everything that reads this accumulator is unknown.
        max(unknown_count) over credits_of_scope as is_unknown
    from credits
    where not is_without_window
    window credits_of_scope as (
        partition by scope_number
        order by {{ declared_order }}
        rows between unbounded preceding and current row
    )
),

credits_in_carried_windows as (
    select
        {%- for column in columns %}
        credits_in_windows.{{ column }},
        {%- endfor %}
        credits_in_windows.position,
        credits_in_windows.running_amount + coalesce(negative_totals.carried_amount, 0) as running_amount,
        greatest(credits_in_windows.is_unknown, coalesce(negative_totals.unknown_count, 0)) as is_unknown
    from credits_in_windows
    left join negative_totals
        on credits_in_windows.scope_number = negative_totals.scope_number
),

credits_without_window as (
    select
        {{ columns | join(',\n        ') }},
        row_number() over (
            partition by scope_number
            order by {{ declared_order }}
        ) as position,
        sum(moved_amount) over credits_of_sale as running_amount,
        max(unknown_count) over credits_of_sale as is_unknown
    from credits
    where is_without_window
    window credits_of_sale as (
        partition by scope_number, sale_code
        order by {{ declared_order }}
        rows between unbounded preceding and current row
    )
),

measures as (
    {%- for source in ['credits_in_carried_windows', 'credits_without_window'] %}
    select
        {{ columns | join(',\n        ') }},
        position,
        running_amount,
        is_unknown
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- The tier of these is that of the end of the period, so one unknown credit holds the whole period.
unknown_periods as (
    select distinct
        scope_number,
        period_id
    from measures
    where
        style_code = 'period_to_date_tier'
        and is_unknown = 1
),

-- Where a curve says that what lies outside of it is an error: the first credit that stands there.
outside_tiers as (
    select
        scope_number,
        terms_number,
        covers_from_amount,
        covers_to_amount,
        is_lower_included,
        is_upper_included
    from {{ ref('int_pay_tiers') }}
    where is_outside
),

outside_credits as (
    select
        measures.scope_number,
        measures.sale_code,
        min(measures.position) as first_position
    from measures
    inner join enrolments
        on measures.enrolment_number = enrolments.enrolment_number
    inner join outside_tiers as tiers
        on
            measures.scope_number = tiers.scope_number
            and enrolments.terms_number = tiers.terms_number
            and {{ tier_holds('measures.running_amount') }}
    left join unknown_periods
        on
            measures.scope_number = unknown_periods.scope_number
            and measures.period_id = unknown_periods.period_id
            and measures.style_code = 'period_to_date_tier'
    where
        not measures.is_mirror
        and measures.is_unknown = 0
        and unknown_periods.scope_number is null
        -- At 0 nothing is owed, whatever lies around it.
        and (
            measures.running_amount <> 0
            or measures.quota_credit_amount = 0
            or measures.style_code = 'whole_event_after'
        )
    group by measures.scope_number, measures.sale_code
),

-- Few, where data is whole.
held_credits as (
    select
        measures.credit_number,
        measures.is_unknown = 1 or unknown_periods.scope_number is not null as is_measure_unknown,
        coalesce(measures.position = outside_credits.first_position, false) as is_outside
    from measures
    left join unknown_periods
        on
            measures.scope_number = unknown_periods.scope_number
            and measures.period_id = unknown_periods.period_id
            and measures.style_code = 'period_to_date_tier'
    left join outside_credits
        on
            measures.scope_number = outside_credits.scope_number
            and measures.sale_code = outside_credits.sale_code
    where
        measures.is_unknown = 1
        or unknown_periods.scope_number is not null
        or measures.position >= outside_credits.first_position
),

reversals as (
    select
        credit_number,
        rule_set_id,
        origin_event_id,
        -- Of what is paid by count nothing goes back until the sale counts no more.
        case when base_code = 'count' then event_count else event_amount end as mirrored_amount,
        case when base_code = 'count' then 1 else origin_amount end as mirrored_of_amount,
        sale_credit_id
    from {{ ref('int_pay_credits_named') }}
    where
        is_reversal
        and reversal_window_code = 'mirror'
),

sales as (
    select
        credit_number,
        rule_set_id,
        event_id,
        credit_id
    from {{ ref('int_pay_credits_named') }}
    where event_kind_code in ('invoice', 'margin')
),

-- The sale that a mirror takes back, and how much of it. A mirror of a held line is unknown too, but moves no
-- accumulator by what it pays.
mirrors as (
    select
        reversals.credit_number,
        reversals.mirrored_amount,
        reversals.mirrored_of_amount,
        sales.credit_number as sale_credit_number,
        held_credits.credit_number is not null as is_sale_held
    from reversals
    inner join sales
        on
            reversals.rule_set_id = sales.rule_set_id
            and reversals.origin_event_id = sales.event_id
            and reversals.sale_credit_id = sales.credit_id
    left join held_credits
        on sales.credit_number = held_credits.credit_number
)

select
    measures.credit_number,
    measures.scope_number,
    measures.position,
    measures.share_number,
    measures.enrolment_number,
    enrolments.plan_version,
    enrolments.terms_number,
    measures.credit_kind_code,
    measures.sale_code,
    measures.is_mirror,
    mirrors.sale_credit_number,
    mirrors.mirrored_amount,
    mirrors.mirrored_of_amount,
    measures.period_id,
    enrolments.window_code,
    enrolments.style_code,
    enrolments.catch_up_code,
    enrolments.payout_minor_unit_digits as minor_unit_digits,
    enrolments.rounding_method_code,
    enrolments.rounding_scope_code,
    measures.credit_date,
    measures.quota_credit_amount,
    measures.pay_credit_amount,
    held_credits.credit_number is not null or coalesce(mirrors.is_sale_held, false) as is_held,
    -- A curve that calls a measure an error holds its own lines; what else reads the measure knows it.
    coalesce(held_credits.is_measure_unknown, false) as is_measure_unknown,
    coalesce(held_credits.is_outside, false) as is_outside,
    case
        when held_credits.credit_number is null
            then cast(measures.running_amount - measures.moved_amount as {{ pay_type() }})
    end as measure_before_amount,
    case
        when held_credits.credit_number is null then cast(measures.running_amount as {{ pay_type() }})
    end as measure_after_amount
from measures
inner join enrolments
    on measures.enrolment_number = enrolments.enrolment_number
left join held_credits
    on measures.credit_number = held_credits.credit_number
left join mirrors
    on measures.credit_number = mirrors.credit_number
