-- One row an event, payee, component and kind of credit, with the two numbers of a credit in the plan's currency: how
-- far it moves the tier measure, and what pay is computed on. Narrow: the event, the terms and the scope stand behind
-- short keys inside one run, and int_pay_credits_named shows a credit with them.
with shares as (
    select
        share_number,
        event_order,
        event_kind_code,
        event_id,
        event_date,
        origin_date,
        event_amount,
        event_count,
        event_currency_code,
        opportunity_id,
        split_total_ratio,
        event_kind_code in ('credit_note', 'margin_reversal') as is_reversal
    from {{ ref('int_pay_shares') }}
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        plan_to_date,
        currency_code,
        calendar_id,
        pay_period_kind_code,
        rate_source_number,
        rate_table_id,
        rate_kind_code,
        rate_day_code,
        measure_code,
        base_code,
        is_whole_measured,
        window_code,
        reversal_window_code,
        split_tolerance_ratio,
        payee_id,
        hold_text
    from {{ ref('int_pay_enrolments') }}
),

scopes as (
    select
        scope_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        window_period_id,
        segment_from_date,
        segment_to_date,
        hold_text
    from {{ ref('int_pay_scopes') }}
),

days as (
    select
        rule_set_id,
        calendar_id,
        calendar_day,
        month_period_id,
        quarter_period_id,
        half_period_id,
        year_period_id
    from {{ ref('int_pay_days') }}
),

-- Rows only for plans with late_event open, of events that count on another day than their own.
counting_days as (
    select
        plan_number,
        event_order,
        credit_date,
        sale_credit_date,
        hold_text
    from {{ ref('int_pay_counting_days') }}
),

plans_with_counting_days as (
    select distinct
        rule_set_id,
        plan_id,
        plan_version,
        plan_number
    from {{ ref('int_pay_counting_days') }}
),

rates as (
    select
        rate_number,
        rate_source_number,
        from_currency_code,
        sale_date,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_rates') }}
    where use_code = 'credit'
),

credits_without_rate as (
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
    from {{ ref('int_pay_credits_received') }}
),

calendars_numbered as (
    select
        rule_set_id,
        calendar_id,
        row_number() over (order by rule_set_id, calendar_id) as calendar_number
    from days
    group by rule_set_id, calendar_id
),

days_numbered as (
    select
        calendars_numbered.calendar_number,
        days.calendar_day,
        days.month_period_id,
        days.quarter_period_id,
        days.half_period_id,
        days.year_period_id
    from days
    inner join calendars_numbered
        on
            days.rule_set_id = calendars_numbered.rule_set_id
            and days.calendar_id = calendars_numbered.calendar_id
),

-- What of an enrolment its credits read. Whatever is known of enrolments is joined here, where rows are few.
terms as (
    select
        enrolments.enrolment_number,
        calendars_numbered.calendar_number,
        plans_with_counting_days.plan_number,
        enrolments.plan_to_date,
        enrolments.currency_code,
        enrolments.pay_period_kind_code,
        enrolments.rate_source_number,
        enrolments.rate_table_id,
        enrolments.rate_kind_code,
        enrolments.rate_day_code,
        enrolments.measure_code,
        enrolments.base_code,
        enrolments.is_whole_measured,
        enrolments.window_code,
        enrolments.reversal_window_code,
        enrolments.split_tolerance_ratio,
        enrolments.hold_text
    from enrolments
    inner join calendars_numbered
        on
            enrolments.rule_set_id = calendars_numbered.rule_set_id
            and enrolments.calendar_id = calendars_numbered.calendar_id
    left join plans_with_counting_days
        on
            enrolments.rule_set_id = plans_with_counting_days.rule_set_id
            and enrolments.plan_id = plans_with_counting_days.plan_id
            and enrolments.plan_version = plans_with_counting_days.plan_version
),

enrolment_scopes as (
    select
        enrolments.enrolment_number,
        scopes.scope_number,
        coalesce(scopes.window_period_id, '') as window_period_id,
        scopes.segment_from_date,
        scopes.segment_to_date,
        scopes.hold_text
    from enrolments
    inner join scopes
        on
            enrolments.rule_set_id = scopes.rule_set_id
            and enrolments.payee_id = scopes.payee_id
            and enrolments.plan_id = scopes.plan_id
            and enrolments.component_id = scopes.component_id
),

credits_described as (
    select
        credits_without_rate.share_number,
        credits_without_rate.enrolment_number,
        credits_without_rate.credit_kind_code,
        credits_without_rate.credit_ratio,
        credits_without_rate.share_amount,
        credits_without_rate.taken_amount,
        credits_without_rate.quota_credit_ratio,
        credits_without_rate.pay_credit_ratio,
        credits_without_rate.chain_hold_text,
        shares.event_kind_code,
        shares.event_id,
        coalesce(counting_days.credit_date, shares.event_date) as credit_date,
        shares.origin_date,
        shares.event_amount,
        shares.event_count,
        shares.event_currency_code,
        shares.opportunity_id,
        shares.split_total_ratio,
        -- A reversal, and what came late, may count in another window than that of the day of the credit.
        case
            when shares.is_reversal and terms.reversal_window_code = 'origin'
                then least(coalesce(counting_days.sale_credit_date, shares.origin_date), terms.plan_to_date)
            when shares.is_reversal or counting_days.credit_date is not null
                then least(coalesce(counting_days.credit_date, shares.event_date), terms.plan_to_date)
        end as window_day,
        counting_days.hold_text as counting_hold_text,
        terms.calendar_number,
        terms.currency_code,
        terms.pay_period_kind_code,
        terms.rate_table_id,
        terms.rate_kind_code,
        terms.rate_day_code,
        terms.measure_code,
        terms.base_code,
        -- A split of the pay leaves the measure the whole event.
        case when terms.is_whole_measured then 1 else credits_without_rate.credit_ratio end as measured_ratio,
        case when terms.is_whole_measured then shares.event_amount else credits_without_rate.share_amount end
            as measured_amount,
        terms.window_code,
        terms.split_tolerance_ratio,
        terms.hold_text as enrolment_hold_text,
        shares.event_currency_code is null or shares.event_currency_code = terms.currency_code as is_same_money,
        rates.rate_number,
        rates.exchange_rate,
        rates.inverse_rate
    from credits_without_rate
    inner join shares
        on credits_without_rate.share_number = shares.share_number
    inner join terms
        on credits_without_rate.enrolment_number = terms.enrolment_number
    left join rates
        on
            terms.rate_source_number = rates.rate_source_number
            and shares.event_currency_code = rates.from_currency_code
            and shares.origin_date = rates.sale_date
    left join counting_days
        on
            terms.plan_number = counting_days.plan_number
            and shares.event_order = counting_days.event_order
),

credits_dated as (
    select
        credits_described.share_number,
        credits_described.enrolment_number,
        credits_described.measure_code,
        credits_described.base_code,
        credits_described.credit_kind_code,
        credits_described.credit_ratio,
        credits_described.taken_amount,
        credits_described.quota_credit_ratio,
        credits_described.pay_credit_ratio,
        credits_described.credit_date,
        {{ credited_part('quota_credit_ratio', 'measure_code', 'measured_ratio', 'measured_amount') }}
            as quota_credit_part,
        {{ credited_part('pay_credit_ratio', 'base_code') }} as pay_credit_part,
        credits_described.is_same_money,
        credits_described.rate_number,
        credits_described.exchange_rate,
        credits_described.inverse_rate,
        case credits_described.pay_period_kind_code
            when 'month' then posting_days.month_period_id
            when 'quarter' then posting_days.quarter_period_id
            when 'half' then posting_days.half_period_id
            when 'year' then posting_days.year_period_id
        end as period_id,
        case credits_described.window_code
            when 'month' then coalesce(window_days.month_period_id, posting_days.month_period_id)
            when 'quarter' then coalesce(window_days.quarter_period_id, posting_days.quarter_period_id)
            when 'half' then coalesce(window_days.half_period_id, posting_days.half_period_id)
            when 'year' then coalesce(window_days.year_period_id, posting_days.year_period_id)
            else ''
        end as window_period_id,
        coalesce(window_days.calendar_day, posting_days.calendar_day) as counted_date,
        coalesce(
            credits_described.enrolment_hold_text,
            credits_described.chain_hold_text,
            credits_described.counting_hold_text,
            case
                when
                    credits_described.credit_kind_code <> 'coverage'
                    and abs(credits_described.split_total_ratio - 1) > credits_described.split_tolerance_ratio
                    then
                        'the revenue splits of opportunity '
                        || credits_described.opportunity_id
                        || ' do not add up to 1'
            end,
            case
                when
                    credits_described.event_count is not null
                    and credits_described.measure_code = 'count'
                    and credits_described.base_code = 'count'
                    then null
                when credits_described.event_amount is null or credits_described.event_count is null
                    then
                        'the amount of '
                        || credits_described.event_kind_code
                        || ' '
                        || credits_described.event_id
                        || ' is unknown'
                when
                    credits_described.event_currency_code is null
                    and credits_described.event_kind_code not in ('activity', 'lead_conversion')
                    then
                        'the currency of '
                        || credits_described.event_kind_code
                        || ' '
                        || credits_described.event_id
                        || ' is unknown'
                when not credits_described.is_same_money and credits_described.exchange_rate is null
                    then
                        {{
                            no_rate_text(
                                'credits_described.rate_kind_code', 'credits_described.event_currency_code',
                                'credits_described.currency_code', 'credits_described.rate_day_code',
                                'credits_described.origin_date', 'credits_described.rate_table_id'
                            )
                        }}
            end
        ) as hold_text
    from credits_described
    inner join days_numbered as posting_days
        on
            credits_described.calendar_number = posting_days.calendar_number
            and credits_described.credit_date = posting_days.calendar_day
    left join days_numbered as window_days
        on
            credits_described.calendar_number = window_days.calendar_number
            and credits_described.window_day = window_days.calendar_day
),

credits_counted as (
    select
        scopes.scope_number,
        credits_dated.share_number,
        credits_dated.enrolment_number,
        credits_dated.credit_kind_code,
        credits_dated.credit_ratio,
        credits_dated.taken_amount,
        credits_dated.quota_credit_ratio,
        credits_dated.pay_credit_ratio,
        credits_dated.credit_date,
        credits_dated.rate_number,
        credits_dated.is_same_money,
        credits_dated.exchange_rate,
        credits_dated.inverse_rate,
        credits_dated.period_id,
        credits_dated.base_code,
        credits_dated.pay_credit_part,
        credits_dated.hold_text,
        scopes.hold_text as scope_hold_text,
        {{ credited_number('quota_credit_part', 'measure_code') }} as quota_credit_amount,
        -- Most credits move the measure by what pay is computed on: one product is enough.
        coalesce(
            credits_dated.pay_credit_part = credits_dated.quota_credit_part
            and credits_dated.base_code = credits_dated.measure_code,
            false
        ) as is_pay_equal
    from credits_dated
    inner join enrolment_scopes as scopes
        on
            credits_dated.enrolment_number = scopes.enrolment_number
            and coalesce(credits_dated.window_period_id, '') = scopes.window_period_id
            and credits_dated.counted_date >= scopes.segment_from_date
            and credits_dated.counted_date <= scopes.segment_to_date
)

-- The day of a credit is the day of its event, but for late events that count on an open day.
select{{ kept_row_key() }}
    scope_number,
    share_number,
    enrolment_number,
    credit_kind_code,
    credit_ratio,
    taken_amount,
    quota_credit_ratio,
    pay_credit_ratio,
    credit_date,
    rate_number,
    period_id,
    quota_credit_amount,
    case
        when is_pay_equal then quota_credit_amount
        else {{ credited_number('pay_credit_part', 'base_code', 'credits_counted') }}
    end as pay_credit_amount,
    coalesce(scope_hold_text, hold_text) as hold_text
from credits_counted
