-- One row a source of exchange rates, currency and day of a sale: the rate from that currency into the source's own,
-- found once for days and currencies, which are few, and not for credits. A source is a rate table, a kind and a day by
-- which a plan reads them; sources of payouts go from the plan's currency into the payee's. A rate is direct, else the
-- inverse of the opposite one where the plan allows that, else it goes through the plan's pivot. What is divided by is
-- kept apart (inverse_rate), so that an amount is divided once. Without a rate there is no row.
with enrolments as (
    select
        rule_set_id,
        calendar_id,
        pay_period_kind_code,
        currency_code,
        payout_currency_code,
        rate_source_number,
        rate_table_id,
        rate_kind_code,
        rate_day_code,
        is_inverse_allowed,
        rate_pivot_currency_code,
        rate_valid_days,
        payout_rate_source_number,
        payout_rate_table_id,
        payout_rate_kind_code,
        payout_rate_day_code,
        is_payout_inverse_allowed,
        payout_rate_pivot_currency_code,
        payout_rate_valid_days
    from {{ ref('int_pay_enrolments') }}
),

fx_rates as (
    select
        rate_table_id,
        rate_kind_code,
        from_currency_code,
        to_currency_code,
        valid_from_date,
        valid_to_date,
        exchange_rate
    from {{ ref('int_fx_rates_dated') }}
),

shares as (
    select
        event_currency_code,
        origin_date
    from {{ ref('int_pay_shares') }}
    where event_currency_code is not null
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

periods as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        start_date,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

sources as (
    select distinct
        'credit' as use_code,
        rate_source_number,
        rule_set_id,
        calendar_id,
        pay_period_kind_code,
        rate_table_id,
        rate_kind_code,
        rate_day_code,
        is_inverse_allowed,
        rate_pivot_currency_code,
        rate_valid_days,
        cast(null as {{ dbt.type_string() }}) as from_currency_code,
        currency_code as to_currency_code
    from enrolments
    union all
    select distinct
        'payout' as use_code,
        payout_rate_source_number as rate_source_number,
        rule_set_id,
        calendar_id,
        pay_period_kind_code,
        payout_rate_table_id as rate_table_id,
        payout_rate_kind_code as rate_kind_code,
        payout_rate_day_code as rate_day_code,
        is_payout_inverse_allowed as is_inverse_allowed,
        payout_rate_pivot_currency_code as rate_pivot_currency_code,
        payout_rate_valid_days as rate_valid_days,
        currency_code as from_currency_code,
        payout_currency_code as to_currency_code
    from enrolments
    where payout_rate_source_number is not null
),

days_sold as (
    select distinct
        event_currency_code,
        origin_date
    from shares
),

-- Which rates are asked for. Pay may be converted on any day of the plan's calendar.
days_needed as (
    select
        sources.use_code,
        sources.rate_source_number,
        days_sold.event_currency_code as from_currency_code,
        days_sold.origin_date as sale_date
    from sources
    inner join days_sold
        on sources.to_currency_code <> days_sold.event_currency_code
    where sources.use_code = 'credit'
    union all
    select
        sources.use_code,
        sources.rate_source_number,
        sources.from_currency_code,
        days.calendar_day as sale_date
    from sources
    inner join days
        on
            sources.rule_set_id = days.rule_set_id
            and sources.calendar_id = days.calendar_id
    where sources.use_code = 'payout'
),

-- The day whose rate a sale has: its own, or the first or last of its pay period.
rate_days as (
    select
        sources.use_code,
        sources.rate_source_number,
        days.calendar_day as sale_date,
        case sources.rate_day_code
            when 'period_start' then periods.start_date
            when 'period_end' then periods.end_date
        end as rate_day
    from sources
    inner join days
        on
            sources.rule_set_id = days.rule_set_id
            and sources.calendar_id = days.calendar_id
    inner join periods
        on
            days.rule_set_id = periods.rule_set_id
            and days.calendar_id = periods.calendar_id
            and case sources.pay_period_kind_code
                when 'month' then days.month_period_id
                when 'quarter' then days.quarter_period_id
                when 'half' then days.half_period_id
                when 'year' then days.year_period_id
            end = periods.period_id
    where sources.rate_day_code <> 'sale_date'
),

asked as (
    select
        days_needed.use_code,
        days_needed.rate_source_number,
        days_needed.from_currency_code,
        days_needed.sale_date,
        coalesce(rate_days.rate_day, days_needed.sale_date) as rate_day
    from days_needed
    left join rate_days
        on
            days_needed.use_code = rate_days.use_code
            and days_needed.rate_source_number = rate_days.rate_source_number
            and days_needed.sale_date = rate_days.sale_date
),

-- What a source may convert with: a rate as it stands, or turned round.
legs as (
    {%- for is_inverse in [false, true] %}
    select
        sources.use_code,
        sources.rate_source_number,
        sources.rate_pivot_currency_code,
        sources.to_currency_code as source_currency_code,
        {%- if is_inverse %}
        fx_rates.to_currency_code as from_currency_code,
        fx_rates.from_currency_code as to_currency_code,
        cast(null as {{ ratio_type() }}) as exchange_rate,
        fx_rates.exchange_rate as inverse_rate,
        {%- else %}
        fx_rates.from_currency_code,
        fx_rates.to_currency_code,
        fx_rates.exchange_rate,
        cast(null as {{ ratio_type() }}) as inverse_rate,
        {%- endif %}
        fx_rates.valid_from_date,
        case
            when {{ days_between('fx_rates.valid_from_date', 'fx_rates.valid_to_date') }} >= sources.rate_valid_days
                then {{ add_days('fx_rates.valid_from_date', 'sources.rate_valid_days - 1') }}
            else fx_rates.valid_to_date
        end as valid_to_date
    from sources
    inner join fx_rates
        on
            sources.rate_table_id = fx_rates.rate_table_id
            and sources.rate_kind_code = fx_rates.rate_kind_code
    where
        fx_rates.exchange_rate > 0
        {%- if is_inverse %}
        and sources.is_inverse_allowed
        {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

days_asked as (
    select distinct
        use_code,
        rate_source_number,
        rate_day
    from asked
),

-- Of each pair that may be of use, on each day: the rate as it stands before one that is turned round.
legs_on_days as (
    select
        legs.use_code,
        legs.rate_source_number,
        legs.from_currency_code,
        legs.to_currency_code,
        legs.rate_pivot_currency_code,
        legs.source_currency_code,
        days_asked.rate_day,
        legs.valid_from_date as rate_date,
        legs.exchange_rate,
        legs.inverse_rate,
        row_number() over (
            partition by
                legs.use_code, legs.rate_source_number, legs.from_currency_code, legs.to_currency_code,
                days_asked.rate_day
            order by case when legs.inverse_rate is null then 0 else 1 end
        ) as leg_order
    from legs
    inner join days_asked
        on
            legs.use_code = days_asked.use_code
            and legs.rate_source_number = days_asked.rate_source_number
            and legs.valid_from_date <= days_asked.rate_day
            and legs.valid_to_date >= days_asked.rate_day
    where
        legs.to_currency_code = legs.source_currency_code
        or legs.to_currency_code = legs.rate_pivot_currency_code
),

pairs as (
    select
        use_code,
        rate_source_number,
        from_currency_code,
        to_currency_code,
        rate_pivot_currency_code,
        source_currency_code,
        rate_day,
        rate_date,
        exchange_rate,
        inverse_rate
    from legs_on_days
    where leg_order = 1
),

routes as (
    select
        use_code,
        rate_source_number,
        from_currency_code,
        rate_day,
        1 as route_order,
        rate_date,
        coalesce(exchange_rate, cast(1 as {{ ratio_type() }})) as exchange_rate,
        inverse_rate,
        case when inverse_rate is null then 'direct' else 'inverse' end as rate_direction_code
    from pairs
    where to_currency_code = source_currency_code
    union all
    -- Into the pivot, and out of it.
    select
        firsts.use_code,
        firsts.rate_source_number,
        firsts.from_currency_code,
        firsts.rate_day,
        2 as route_order,
        least(firsts.rate_date, seconds.rate_date) as rate_date,
        case
            when firsts.exchange_rate * seconds.exchange_rate is null
                then coalesce(firsts.exchange_rate, seconds.exchange_rate, cast(1 as {{ ratio_type() }}))
            else {{ multiply_rates('firsts.exchange_rate', 'seconds.exchange_rate') }}
        end as exchange_rate,
        case
            when firsts.inverse_rate * seconds.inverse_rate is null
                then coalesce(firsts.inverse_rate, seconds.inverse_rate)
            else {{ multiply_rates('firsts.inverse_rate', 'seconds.inverse_rate') }}
        end as inverse_rate,
        'cross' as rate_direction_code
    from pairs as firsts
    inner join pairs as seconds
        on
            firsts.use_code = seconds.use_code
            and firsts.rate_source_number = seconds.rate_source_number
            and firsts.rate_day = seconds.rate_day
            and firsts.to_currency_code = seconds.from_currency_code
    where
        firsts.to_currency_code = firsts.rate_pivot_currency_code
        and firsts.to_currency_code <> firsts.source_currency_code
        and seconds.to_currency_code = seconds.source_currency_code
),

routes_in_order as (
    select
        asked.use_code,
        asked.rate_source_number,
        asked.from_currency_code,
        asked.sale_date,
        asked.rate_day,
        routes.rate_date,
        routes.exchange_rate,
        routes.inverse_rate,
        routes.rate_direction_code,
        row_number() over (
            partition by asked.use_code, asked.rate_source_number, asked.from_currency_code, asked.sale_date
            order by routes.route_order
        ) as place
    from asked
    inner join routes
        on
            asked.use_code = routes.use_code
            and asked.rate_source_number = routes.rate_source_number
            and asked.from_currency_code = routes.from_currency_code
            and asked.rate_day = routes.rate_day
    -- What is too large for a rate is no rate.
    where
        routes.exchange_rate > 0
        and coalesce(routes.inverse_rate, 1) > 0
)

select
    {{ row_key() }} as rate_number,
    routes_in_order.use_code,
    routes_in_order.rate_source_number,
    routes_in_order.from_currency_code,
    sources.to_currency_code,
    routes_in_order.sale_date,
    routes_in_order.rate_day,
    routes_in_order.rate_date,
    sources.rate_kind_code,
    routes_in_order.rate_direction_code,
    routes_in_order.exchange_rate,
    routes_in_order.inverse_rate
from routes_in_order
inner join sources
    on
        routes_in_order.use_code = sources.use_code
        and routes_in_order.rate_source_number = sources.rate_source_number
where routes_in_order.place = 1
