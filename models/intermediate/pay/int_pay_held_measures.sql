-- One row a credit that the measure of its window, or the curve, leaves unknown: few, where data is whole.
with measures as (
    select
        credit_number,
        scope_number,
        position,
        style_code,
        period_id,
        sale_code,
        is_unknown
    from {{ ref('int_pay_running_measures') }}
),

known_measures as (
    select
        scope_number,
        position,
        terms_number,
        style_code,
        period_id,
        sale_code,
        quota_credit_amount,
        measure_after_amount
    from {{ ref('int_pay_running_measures') }}
    where
        not is_unknown
        and not is_mirror
),

-- The tier of these is that of the end of the period, so one unknown credit holds the whole period.
unknown_periods as (
    select distinct
        scope_number,
        period_id
    from {{ ref('int_pay_running_measures') }}
    where
        style_code = 'period_to_date_tier'
        and is_unknown
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
    from known_measures as measures
    inner join outside_tiers as tiers
        on
            measures.scope_number = tiers.scope_number
            and measures.terms_number = tiers.terms_number
            and {{ tier_holds('measures.measure_after_amount') }}
    left join unknown_periods
        on
            measures.scope_number = unknown_periods.scope_number
            and measures.period_id = unknown_periods.period_id
            and measures.style_code = 'period_to_date_tier'
    where
        unknown_periods.scope_number is null
        -- At 0 nothing is owed, whatever lies around it.
        and (
            measures.measure_after_amount <> 0
            or measures.quota_credit_amount = 0
            or measures.style_code = 'whole_event_after'
        )
    group by measures.scope_number, measures.sale_code
)

select
    measures.credit_number,
    measures.is_unknown or unknown_periods.scope_number is not null as is_measure_unknown,
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
    measures.is_unknown
    or unknown_periods.scope_number is not null
    or measures.position >= outside_credits.first_position
