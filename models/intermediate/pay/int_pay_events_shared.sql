-- One row an event and user with a part in it. Revenue-split shares of an event add up to the event exactly: each is
-- floored to 12 decimals and the rest goes, one unit each, by largest fraction, largest share, holder. Shares of users
-- who are no payee stay here, so that the sum can be checked. `event_order`, the declared order of events, is a short
-- key of an event inside one run.
{%- set event_columns = [
    'event_order', 'event_kind_code', 'event_id', 'event_class_code', 'origin_event_id', 'event_date', 'origin_date', 'event_amount',
    'event_count', 'origin_amount', 'event_currency_code', 'opportunity_id', 'invoice_id', 'is_source_held',
] %}
with events as (
    select
        {{ event_columns[1:] | join(',\n        ') }},
        -- By whole numbers everything later is sorted and grouped; texts are compared here alone.
        row_number() over (order by event_date, event_id, event_kind_code) as event_order,
        owner_user_id,
        split_opportunity_id
    from {{ ref('int_pay_events') }}
),

users as (
    select
        user_id,
        payee_id
    from {{ ref('int_users_matched') }}
),

landed_splits as (
    select
        opportunity_id,
        user_id,
        split_kind_code,
        split_ratio
    from {{ ref('stg_crm__opportunity_splits') }}
),

-- Somebody with two users or two rows has one share.
splits as (
    select
        landed_splits.opportunity_id,
        landed_splits.split_kind_code,
        users.payee_id,
        coalesce(users.payee_id, landed_splits.user_id) as holder_id,
        cast(sum(landed_splits.split_ratio) as {{ ratio_type() }}) as split_ratio,
        min(landed_splits.split_ratio) as smallest_ratio
    from landed_splits
    left join users
        on landed_splits.user_id = users.user_id
    group by
        landed_splits.opportunity_id,
        landed_splits.split_kind_code,
        users.payee_id,
        coalesce(users.payee_id, landed_splits.user_id)
),

revenue_splits as (
    select
        opportunity_id,
        payee_id,
        holder_id,
        split_ratio,
        -- A negative share is no share: the set counts as one that does not add up.
        case
            when min(smallest_ratio) over (partition by opportunity_id) < 0 then cast(-1 as {{ ratio_type() }})
            else cast(sum(split_ratio) over (partition by opportunity_id) as {{ ratio_type() }})
        end as split_total_ratio,
        -- Shares of eight decimals of an amount of four leave no rest.
        max(case when {{ is_short_ratio('split_ratio') }} then 0 else 1 end) over (partition by opportunity_id) = 0
            as are_ratios_short
    from splits
    where split_kind_code = 'revenue'
),

split_opportunities as (
    select distinct opportunity_id
    from revenue_splits
),

owner_shares as (
    select
        {%- for column in event_columns %}
        events.{{ column }},
        {%- endfor %}
        users.payee_id,
        'owner' as share_kind_code,
        cast(1 as {{ ratio_type() }}) as share_ratio,
        cast(1 as {{ ratio_type() }}) as split_total_ratio,
        cast(events.event_amount as {{ pay_type() }}) as share_amount
    from events
    left join split_opportunities
        on events.split_opportunity_id = split_opportunities.opportunity_id
    left join users
        on events.owner_user_id = users.user_id
    where split_opportunities.opportunity_id is null
),

event_splits as (
    select
        {%- for column in event_columns %}
        events.{{ column }},
        {%- endfor %}
        revenue_splits.payee_id,
        revenue_splits.holder_id,
        revenue_splits.split_ratio,
        revenue_splits.split_total_ratio,
        revenue_splits.are_ratios_short
    from events
    inner join revenue_splits
        on events.split_opportunity_id = revenue_splits.opportunity_id
),

short_split_shares as (
    select
        {{ event_columns | join(',\n        ') }},
        payee_id,
        'split' as share_kind_code,
        split_ratio as share_ratio,
        split_total_ratio,
        {{ multiply_short('event_amount', 'split_ratio') }} as share_amount
    from event_splits
    where are_ratios_short
),

-- In units of 10^-16: four decimals of an amount times twelve of a ratio.
split_products as (
    select
        {{ event_columns | join(',\n        ') }},
        payee_id,
        holder_id,
        split_ratio,
        split_total_ratio,
        cast(cast(abs(event_amount) as decimal(25, 4)) * 10000 as hugeint)
        * cast(cast(split_ratio as decimal(25, 12)) * 1000000000000 as hugeint) as product_units
    from event_splits
    where not are_ratios_short
),

split_floors as (
    select
        {{ event_columns | join(',\n        ') }},
        payee_id,
        split_ratio,
        split_total_ratio,
        product_units // 10000 as floor_units,
        (sum(product_units) over (partition by event_order) + 5000) // 10000
        - sum(product_units // 10000) over (partition by event_order) as rest_units,
        row_number() over (
            partition by event_order
            order by product_units % 10000 desc, split_ratio desc, holder_id asc
        ) as rest_order
    from split_products
),

split_shares as (
    select
        {{ event_columns | join(',\n        ') }},
        payee_id,
        'split' as share_kind_code,
        split_ratio as share_ratio,
        split_total_ratio,
        case when event_amount < 0 then -1 else 1 end
        * cast(floor_units + case when rest_order <= rest_units then 1 else 0 end as decimal(26, 0))
        * cast(0.000000000001 as decimal(12, 12)) as share_amount
    from split_floors
),

overlay_shares as (
    select
        {%- for column in event_columns %}
        events.{{ column }},
        {%- endfor %}
        splits.payee_id,
        'overlay' as share_kind_code,
        splits.split_ratio as share_ratio,
        cast(1 as {{ ratio_type() }}) as split_total_ratio,
        case
            when {{ is_short_ratio('splits.split_ratio') }}
                then {{ multiply_short('events.event_amount', 'splits.split_ratio') }}
            else
                {{ multiply_exact('cast(events.event_amount as ' ~ pay_type() ~ ')', 'splits.split_ratio') }}
        end as share_amount
    from events
    inner join splits
        on events.split_opportunity_id = splits.opportunity_id
    where splits.split_kind_code = 'overlay'
),

shares as (
    {%- for kind in ['owner_shares', 'short_split_shares', 'split_shares', 'overlay_shares'] %}
    select
        {{ event_columns | join(',\n        ') }},
        payee_id,
        share_kind_code,
        cast(share_ratio as {{ ratio_type() }}) as share_ratio,
        split_total_ratio,
        cast(share_amount as {{ pay_type() }}) as share_amount
    from {{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select{{ kept_row_key() }}
    {{ event_columns | join(',\n    ') }},
    payee_id,
    share_kind_code,
    share_ratio,
    split_total_ratio,
    share_amount
from shares
