-- One row a credit, with the tier measure of its window before and after it: X goes from a to b. Credits go in the
-- declared order, so that neither input order nor threads matter. (scope_number, position) is a short key of a credit
-- in one run; credit_number leads to what names it.
{%- set columns = [
    'credit_number', 'scope_number', 'rule_set_id', 'plan_version', 'terms_number', 'credit_kind_code',
    'origin_event_id',
    'is_mirror', 'period_id', 'window_code', 'style_code', 'catch_up_code', 'minor_unit_digits', 'rounding_method_code',
    'rounding_scope_code', 'credit_date', 'quota_credit_amount', 'moved_amount', 'pay_credit_amount', 'unknown_count',
] %}
{#- Credit ids of one window differ in the kind of event and of credit alone once the event's id is equal. #}
{%- set declared_order %}credit_date, event_date, event_id, event_kind_code, credit_kind_code{% endset %}
with credits as (
    select
        credit_number,
        scope_number,
        rule_set_id,
        plan_version,
        terms_number,
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
        -- A mirror moves the measure; but the tier that retroactive and step pay reached is kept, or a bound crossed
        -- again would be paid twice.
        case
            when is_reversal and reversal_window_code = 'mirror' and style_code in ('retroactive', 'step') then 0
            else quota_credit_amount
        end as moved_amount,
        pay_credit_amount,
        case when hold_text is not null then 1 else 0 end as unknown_count
    from {{ ref('int_pay_credits_named') }}
),

credits_in_windows as (
    select
        {{ columns | join(',\n        ') }},
        row_number() over credits_in_order as position,
        sum(moved_amount) over credits_in_order as running_amount,
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
        sum(moved_amount) over sale_in_order as running_amount,
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
        case
            when measures.window_code = 'none' then measures.origin_event_id || ':' || measures.credit_kind_code
            else ''
        end as sale_code,
        min(measures.position) as first_position
    from measures
    inner join outside_tiers as tiers
        on
            measures.scope_number = tiers.scope_number
            and measures.terms_number = tiers.terms_number
            and {{ tier_holds('measures.running_amount') }}
    where
        not measures.is_mirror
        and measures.is_held = 0
        -- At 0 nothing is owed, whatever lies around it.
        and (
            measures.running_amount <> 0
            or measures.quota_credit_amount = 0
            or measures.style_code = 'whole_event_after'
        )
    group by measures.scope_number, sale_code
),

measures_inside as (
    select
        measures.{{ columns | join(',\n        measures.') }},
        measures.position,
        measures.running_amount,
        case when measures.position >= outside_credits.first_position then 1 else measures.is_held end as is_held,
        measures.position = outside_credits.first_position as is_outside
    from measures
    left join outside_credits
        on
            measures.scope_number = outside_credits.scope_number
            and case
                when measures.window_code = 'none' then measures.origin_event_id || ':' || measures.credit_kind_code
                else ''
            end = outside_credits.sale_code
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
    inner join measures_inside as sales
        on mirrored_credits.sale_credit_number = sales.credit_number
)

select
    measures_inside.credit_number,
    measures_inside.scope_number,
    measures_inside.position,
    measures_inside.plan_version,
    measures_inside.terms_number,
    measures_inside.credit_kind_code,
    measures_inside.origin_event_id,
    measures_inside.is_mirror,
    mirrors.sale_credit_number,
    mirrors.event_amount as mirrored_amount,
    mirrors.origin_amount as mirrored_of_amount,
    measures_inside.period_id,
    measures_inside.window_code,
    measures_inside.style_code,
    measures_inside.catch_up_code,
    measures_inside.minor_unit_digits,
    measures_inside.rounding_method_code,
    measures_inside.rounding_scope_code,
    measures_inside.credit_date,
    measures_inside.quota_credit_amount,
    measures_inside.pay_credit_amount,
    measures_inside.is_held = 1 or coalesce(mirrors.is_sale_held, false) as is_held,
    coalesce(measures_inside.is_outside, false) as is_outside,
    case
        when measures_inside.is_held = 0
            then cast(measures_inside.running_amount - measures_inside.moved_amount as {{ pay_type() }})
    end as measure_before_amount,
    case
        when measures_inside.is_held = 0 then cast(measures_inside.running_amount as {{ pay_type() }})
    end as measure_after_amount
from measures_inside
left join mirrors
    on measures_inside.credit_number = mirrors.credit_number
