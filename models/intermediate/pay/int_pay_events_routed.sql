-- One row an event and credit rule that takes it, where more than the event's class decides: its account, its lines,
-- its amount and day, and the assignment of its owner. Most plans have no such rule, and then there is no row.
-- A reversal goes by what it reverses.
{%- set sale_named -%}
    case within_ranges.credited_kind_code when 'booking' then 'opportunity ' else 'invoice ' end
            || within_ranges.origin_event_id
{%- endset %}
{%- set rule_keys = ['rule_set_id', 'plan_id', 'plan_version', 'component_id', 'rule_number'] %}
with class_rules as (
    select
        {{ rule_keys | join(',\n        ') }},
        event_class_code
    from {{ ref('int_pay_rules_routed') }}
),

credit_rules as (
    select
        {{ rule_keys | join(',\n        ') }},
        least_event_amount,
        most_event_amount,
        first_event_date,
        last_event_date
    from {{ ref('stg_planning__credit_rules') }}
    where is_routed
),

credit_filters as (
    select
        {{ rule_keys | join(',\n        ') }},
        field_code,
        value_text,
        is_excluded
    from {{ ref('stg_planning__credit_filters') }}
    where field_code not in ('opportunity_kind_code', 'activity_kind_code', 'outcome_name', 'lead_source_name')
),

plans as (
    select distinct
        rule_set_id,
        plan_id,
        plan_version,
        currency_code,
        rate_source_number
    from {{ ref('int_pay_enrolments') }}
),

events as (
    select
        event_kind_code,
        event_id,
        credited_kind_code,
        origin_event_id,
        event_class_code,
        event_date,
        origin_date,
        event_amount,
        origin_amount,
        event_currency_code,
        owner_user_id,
        opportunity_id
    from {{ ref('int_pay_events') }}
),

users as (
    select
        user_id,
        payee_id
    from {{ ref('int_users_matched') }}
),

assignments as (
    select
        payee_id,
        team_id,
        region_id,
        territory_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_pay_assignments') }}
),

credit_years as (
    select
        {{ rule_keys | join(',\n        ') }},
        year_number,
        year_ratio
    from {{ ref('stg_planning__credit_years') }}
),

opportunities as (
    select
        opportunity_id,
        account_id,
        case when term_months > 0 then term_months end as term_months
    from {{ ref('stg_crm__opportunities') }}
),

accounts as (
    select
        account_id,
        country_code,
        segment_name,
        industry_name
    from {{ ref('stg_crm__accounts') }}
),

rates as (
    select
        rate_source_number,
        from_currency_code,
        sale_date,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_rates') }}
    where use_code = 'credit'
),

-- What was taken off an invoice up to a credit note and before it: a part of it goes back in proportion.
credit_notes as (
    select
        credit_note_part_id,
        taken_to_date_amount - taken_amount as before_amount,
        taken_to_date_amount as after_amount
    from {{ ref('int_credit_notes_matched') }}
    where matched_by_code is not null
),

-- One row a rule and event of a class that it takes, with everything that filters read.
candidates as (
    select
        {%- for key in rule_keys %}
        class_rules.{{ key }},
        {%- endfor %}
        events.event_kind_code,
        events.event_id,
        events.credited_kind_code,
        events.origin_event_id,
        events.origin_date,
        events.event_amount,
        events.origin_amount,
        events.event_currency_code,
        events.opportunity_id,
        opportunities.account_id,
        opportunities.term_months,
        accounts.country_code,
        accounts.segment_name,
        accounts.industry_name,
        assignments.territory_id,
        assignments.region_id,
        assignments.team_id,
        credit_rules.least_event_amount,
        credit_rules.most_event_amount,
        credit_rules.first_event_date,
        credit_rules.last_event_date,
        -- In the plan's currency, as bounds of amounts are. NULL where it is unknown: the credit is held for that.
        case
            when events.event_currency_code = plans.currency_code then cast(events.origin_amount as {{ pay_type() }})
            else {{
                convert_exactly(
                    'cast(events.origin_amount as ' ~ pay_type() ~ ')', 'rates.exchange_rate', 'rates.inverse_rate'
                )
            }}
        end as compared_amount,
        credit_rules.least_event_amount is not null or credit_rules.most_event_amount is not null as has_amount_range
    from class_rules
    inner join credit_rules
        on
            {{ same_keys('class_rules', 'credit_rules', rule_keys) }}
    inner join plans
        on
            class_rules.rule_set_id = plans.rule_set_id
            and class_rules.plan_id = plans.plan_id
            and class_rules.plan_version = plans.plan_version
    inner join events
        on class_rules.event_class_code = events.event_class_code
    left join users
        on events.owner_user_id = users.user_id
    left join assignments
        on
            users.payee_id = assignments.payee_id
            and events.origin_date >= assignments.valid_from_date
            and events.origin_date <= assignments.valid_to_date
    left join opportunities
        on events.opportunity_id = opportunities.opportunity_id
    left join accounts
        on opportunities.account_id = accounts.account_id
    left join rates
        on
            plans.rate_source_number = rates.rate_source_number
            and events.event_currency_code = rates.from_currency_code
            and events.origin_date = rates.sale_date
),

within_ranges as (
    select
        {{ rule_keys | join(',\n        ') }},
        event_kind_code,
        event_id,
        credited_kind_code,
        origin_event_id,
        origin_date,
        event_amount,
        origin_amount,
        event_currency_code,
        opportunity_id,
        account_id,
        term_months,
        country_code,
        segment_name,
        industry_name,
        territory_id,
        region_id,
        team_id,
        has_amount_range and compared_amount is null as is_amount_unknown
    from candidates
    where
        (least_event_amount is null or compared_amount is null or compared_amount >= least_event_amount)
        and (most_event_amount is null or compared_amount is null or compared_amount <= most_event_amount)
        and (first_event_date is null or origin_date >= first_event_date)
        and (last_event_date is null or origin_date <= last_event_date)
),

-- Of each field with a filter: whether its value is one of those that are written.
fields_compared as (
    select
        within_ranges.event_kind_code,
        within_ranges.event_id,
        {%- for key in rule_keys %}
        credit_filters.{{ key }},
        {%- endfor %}
        credit_filters.field_code,
        credit_filters.is_excluded,
        max(case
            {%- for field in [
                'account_id', 'country_code', 'segment_name', 'industry_name', 'territory_id', 'region_id', 'team_id',
            ] %}
            when
                credit_filters.field_code = '{{ field }}'
                and within_ranges.{{ field }} = credit_filters.value_text
                then 1
            {%- endfor %}
            else 0
        end) as is_listed
    from within_ranges
    inner join credit_filters
        on
            {{ same_keys('within_ranges', 'credit_filters', rule_keys) }}
    where credit_filters.field_code not in ('product_id', 'product_family_name')
    group by
        within_ranges.event_kind_code,
        within_ranges.event_id,
        {%- for key in rule_keys %}
        credit_filters.{{ key }},
        {%- endfor %}
        credit_filters.field_code,
        credit_filters.is_excluded
),

events_left_out as (
    select distinct
        {{ rule_keys | join(',\n        ') }},
        event_kind_code,
        event_id
    from fields_compared
    where (is_listed = 1) = is_excluded
),

part_rules as (
    select distinct
        {{ rule_keys | join(',\n        ') }}
    from credit_filters
    where field_code in ('product_id', 'product_family_name')
),

-- How many months of a term count, each year's with its share.
terms as (
    select distinct term_months
    from opportunities
    where term_months is not null
),

months_credited as (
    select
        {%- for key in rule_keys %}
        credit_years.{{ key }},
        {%- endfor %}
        terms.term_months,
        cast(
            sum(
                credit_years.year_ratio
                * cast(
                    greatest(least(terms.term_months - 12 * (credit_years.year_number - 1), 12), 0) as decimal(2, 0)
                )
            )
            as {{ pay_type() }}
        ) as credited_months
    from credit_years
    cross join terms
    group by
        {%- for key in rule_keys %}
        credit_years.{{ key }},
        {%- endfor %}
        terms.term_months
),

year_rules as (
    select distinct
        {{ rule_keys | join(',\n        ') }}
    from credit_years
),

sales_added as (
    select
        {{ rule_keys | join(',\n        ') }},
        credited_kind_code,
        sale_id,
        has_taken_lines,
        taken_amount,
        lines_amount,
        unknown_product_id
    from {{ ref('int_pay_lines_routed') }}
),

parts_taken as (
    select
        {%- for key in rule_keys %}
        within_ranges.{{ key }},
        {%- endfor %}
        within_ranges.event_kind_code,
        within_ranges.event_id,
        within_ranges.territory_id,
        within_ranges.region_id,
        within_ranges.team_id,
        year_rules.rule_number is not null as is_by_years,
        within_ranges.term_months,
        months_credited.credited_months,
        part_rules.rule_number is not null as is_part,
        case
            when part_rules.rule_number is null then cast(within_ranges.event_amount as {{ pay_type() }})
            when within_ranges.event_kind_code <> 'credit_note' then sales_added.taken_amount
            else
                {{ part_reversed('sales_added.taken_amount', 'notes.before_amount', 'within_ranges.origin_amount') }}
                - {{ part_reversed('sales_added.taken_amount', 'notes.after_amount', 'within_ranges.origin_amount') }}
        end as taken_amount,
        -- What is not known about the lines is not guessed.
        case
            when within_ranges.is_amount_unknown
                then 'the amount of ' || within_ranges.event_kind_code || ' ' || within_ranges.event_id
                    || ' in the currency of the plan is unknown'
            when year_rules.rule_number is not null and within_ranges.term_months is null
                then 'the term of opportunity ' || within_ranges.opportunity_id || ' is unknown'
            when part_rules.rule_number is null then null
            when sales_added.unknown_product_id is not null
                then 'the product ' || sales_added.unknown_product_id || ' of ' || {{ sale_named }} || ' is unknown'
            when sales_added.lines_amount is null or sales_added.lines_amount <> within_ranges.origin_amount
                then 'the lines of ' || {{ sale_named }} || ' do not add up to its amount'
            when within_ranges.event_kind_code = 'credit_note' and within_ranges.origin_amount = 0
                then 'invoice ' || within_ranges.origin_event_id || ' is of 0, and credit note '
                    || within_ranges.event_id || ' takes back no known part of it'
        end as hold_text
    from within_ranges
    left join events_left_out
        on
            {{ same_keys('within_ranges', 'events_left_out', rule_keys) }}
            and within_ranges.event_kind_code = events_left_out.event_kind_code
            and within_ranges.event_id = events_left_out.event_id
    left join part_rules
        on
            {{ same_keys('within_ranges', 'part_rules', rule_keys) }}
    left join year_rules
        on
            {{ same_keys('within_ranges', 'year_rules', rule_keys) }}
    left join months_credited
        on
            {{ same_keys('within_ranges', 'months_credited', rule_keys) }}
            and within_ranges.term_months = months_credited.term_months
    left join sales_added
        on
            {{ same_keys('within_ranges', 'sales_added', rule_keys) }}
            and within_ranges.credited_kind_code = sales_added.credited_kind_code
            and within_ranges.origin_event_id = sales_added.sale_id
    left join credit_notes as notes
        on
            within_ranges.event_kind_code = 'credit_note'
            and within_ranges.event_id = notes.credit_note_part_id
    where
        events_left_out.event_id is null
        -- Known lines of which none is taken.
        and not coalesce(
            part_rules.rule_number is not null
            and not sales_added.has_taken_lines
            and sales_added.unknown_product_id is null
            and sales_added.lines_amount = within_ranges.origin_amount,
            false
        )
)

select
    {{ rule_keys | join(',\n    ') }},
    event_kind_code,
    event_id,
    territory_id,
    region_id,
    team_id,
    is_part or is_by_years as is_part,
    case
        when not is_by_years then taken_amount
        else cast(
                {{ divide_once(
                    multiply_exact('taken_amount', 'credited_months'), 'cast(term_months as ' ~ pay_type() ~ ')'
                ) }} as {{ pay_type() }}
            )
    end as taken_amount,
    hold_text
from parts_taken
