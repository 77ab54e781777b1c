-- One row an event that some plan pays for: won deals, invoices, what invoices leave above their cost, credit notes as
-- reversals of both, activities, converted leads, and contracts that renew, are cancelled or end. A reversal carries
-- the day of what it reverses: people and rates are those of that day. What counts as one counts until nothing of it is
-- left: the credit note that takes the rest of an invoice takes its count back, and one before that counts nothing.
{{ config(materialized='view') }}

with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

company_settings as (
    select timezone_name
    from {{ ref('stg_planning__company_settings') }}
),

components as (
    select distinct event_kind_code
    from {{ ref('stg_planning__components') }}
),

stage_map as (
    select
        stage_name,
        stage_status_code
    from {{ ref('stg_planning__stage_map') }}
),

opportunities as (
    select
        opportunity_id,
        opportunity_kind_code,
        owner_user_id,
        stage_name,
        deal_amount,
        currency_code,
        close_date,
        lead_source_name,
        is_held
    from {{ ref('stg_crm__opportunities') }}
),

invoices as (
    select
        invoice_id,
        opportunity_id,
        salesperson_user_id,
        invoice_date,
        net_amount,
        currency_code,
        is_held
    from {{ ref('stg_finance__invoices') }}
    where not coalesce(is_void, false)
),

credit_notes as (
    select
        credit_note_part_id,
        invoice_id,
        credit_note_date,
        taken_amount,
        taken_to_date_amount,
        is_known_to_date,
        currency_code,
        is_held
    from {{ ref('int_credit_notes_matched') }}
),

contracts as (
    select
        contract_id,
        opportunity_id,
        start_date,
        end_date,
        annual_value_amount,
        currency_code,
        renewed_from_contract_id,
        cancelled_date,
        is_held
    from {{ ref('stg_finance__contracts') }}
),

credited_activities as (
    select distinct
        activity_kind_code,
        outcome_name
    from {{ ref('int_pay_rules') }}
    where credited_kind_code = 'activity'
),

-- Most activities are paid by nobody: they are left out before anything is computed of them.
activities as (
    select
        activities.activity_id,
        activities.activity_kind_code,
        activities.user_id,
        activities.occurred_at,
        activities.outcome_name,
        activities.opportunity_id,
        activities.is_held
    from {{ ref('stg_crm__activities') }} as activities
    inner join credited_activities
        on
            coalesce(activities.activity_kind_code, '') = credited_activities.activity_kind_code
            and coalesce(activities.outcome_name, '') = credited_activities.outcome_name
),

leads as (
    select
        lead_id,
        owner_user_id,
        converted_at,
        lead_source_name,
        converted_opportunity_id,
        is_held
    from {{ ref('stg_crm__leads') }}
    where converted_at is not null
),

bookings as (
    select
        'booking' as event_kind_code,
        'booking' as credited_kind_code,
        opportunities.opportunity_id as event_id,
        opportunities.opportunity_id as origin_event_id,
        opportunities.close_date as event_date,
        opportunities.close_date as origin_date,
        opportunities.deal_amount as event_amount,
        case when opportunities.deal_amount < 0 then -1 else 1 end as event_count,
        opportunities.deal_amount as origin_amount,
        opportunities.currency_code as event_currency_code,
        opportunities.owner_user_id,
        opportunities.opportunity_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        opportunities.opportunity_id as split_opportunity_id,
        opportunities.opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        opportunities.lead_source_name,
        opportunities.is_held as is_source_held
    from opportunities
    inner join stage_map
        on opportunities.stage_name = stage_map.stage_name
    where
        stage_map.stage_status_code = 'won'
        and opportunities.close_date is not null
        and exists (
            select 1 from components
            where components.event_kind_code = 'booking'
        )
),

invoices_with_deal as (
    select
        invoices.invoice_id,
        invoices.opportunity_id,
        coalesce(invoices.salesperson_user_id, opportunities.owner_user_id) as owner_user_id,
        invoices.invoice_date,
        invoices.net_amount,
        invoices.currency_code,
        invoices.is_held,
        opportunities.opportunity_kind_code,
        opportunities.lead_source_name
    from invoices
    left join opportunities
        on invoices.opportunity_id = opportunities.opportunity_id
    where exists (
            select 1 from components
            where components.event_kind_code in ('invoice', 'margin')
        )
),

invoices_as_events as (
    select
        'invoice' as event_kind_code,
        'invoice' as credited_kind_code,
        invoice_id as event_id,
        invoice_id as origin_event_id,
        invoice_date as event_date,
        invoice_date as origin_date,
        net_amount as event_amount,
        case when net_amount < 0 then -1 else 1 end as event_count,
        net_amount as origin_amount,
        currency_code as event_currency_code,
        owner_user_id,
        opportunity_id,
        invoice_id,
        opportunity_id as split_opportunity_id,
        opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        lead_source_name,
        is_held as is_source_held
    from invoices_with_deal
    where exists (
            select 1 from components
            where components.event_kind_code = 'invoice'
        )
),

credit_notes_as_events as (
    select
        'credit_note' as event_kind_code,
        'invoice' as credited_kind_code,
        credit_notes.credit_note_part_id as event_id,
        credit_notes.invoice_id as origin_event_id,
        credit_notes.credit_note_date as event_date,
        invoices_with_deal.invoice_date as origin_date,
        -credit_notes.taken_amount as event_amount,
        case
            when not credit_notes.is_known_to_date then null
            when
                credit_notes.taken_to_date_amount >= invoices_with_deal.net_amount
                and credit_notes.taken_to_date_amount - credit_notes.taken_amount < invoices_with_deal.net_amount
                then -1
            else 0
        end as event_count,
        invoices_with_deal.net_amount as origin_amount,
        credit_notes.currency_code as event_currency_code,
        invoices_with_deal.owner_user_id,
        invoices_with_deal.opportunity_id,
        credit_notes.invoice_id,
        invoices_with_deal.opportunity_id as split_opportunity_id,
        invoices_with_deal.opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        invoices_with_deal.lead_source_name,
        credit_notes.is_held as is_source_held
    from credit_notes
    inner join invoices_with_deal
        on credit_notes.invoice_id = invoices_with_deal.invoice_id
    where exists (
            select 1 from components
            where components.event_kind_code = 'invoice'
        )
),

invoice_costs as (
    select
        invoice_id,
        sum(line_amount) as line_amount,
        case when count(*) = count(cost_amount) then sum(cost_amount) end as cost_amount,
        max(case when is_held then 1 else 0 end) as held_count
    from {{ ref('stg_finance__invoice_lines') }}
    group by invoice_id
),

-- What an invoice leaves above the cost of its lines; unknown where a cost is, or where its lines are not all there.
margins as (
    select
        invoices_with_deal.invoice_id,
        invoices_with_deal.opportunity_id,
        invoices_with_deal.owner_user_id,
        invoices_with_deal.invoice_date,
        invoices_with_deal.net_amount,
        invoices_with_deal.currency_code,
        invoices_with_deal.opportunity_kind_code,
        invoices_with_deal.lead_source_name,
        invoices_with_deal.is_held or coalesce(invoice_costs.held_count, 0) = 1 as is_source_held,
        cast(
            case
                when invoice_costs.line_amount = invoices_with_deal.net_amount
                    then invoices_with_deal.net_amount - invoice_costs.cost_amount
            end
            as {{ amount_type() }}
        ) as margin_amount
    from invoices_with_deal
    left join invoice_costs
        on invoices_with_deal.invoice_id = invoice_costs.invoice_id
    where exists (
            select 1 from components
            where components.event_kind_code = 'margin'
        )
),

margins_as_events as (
    select
        'margin' as event_kind_code,
        'margin' as credited_kind_code,
        invoice_id as event_id,
        invoice_id as origin_event_id,
        invoice_date as event_date,
        invoice_date as origin_date,
        margin_amount as event_amount,
        1 as event_count,
        margin_amount as origin_amount,
        currency_code as event_currency_code,
        owner_user_id,
        opportunity_id,
        invoice_id,
        opportunity_id as split_opportunity_id,
        opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        lead_source_name,
        is_source_held
    from margins
),

-- Credit notes of an invoice take its margin back in proportion, all of it when nothing of the invoice is left.
margin_reversals_as_events as (
    {%- set taken_before = '(credit_notes.taken_to_date_amount - credit_notes.taken_amount)' %}
    {%- set parts_of = ['margins.margin_amount', 'margins.net_amount'] %}
    select
        'margin_reversal' as event_kind_code,
        'margin' as credited_kind_code,
        credit_notes.credit_note_part_id as event_id,
        credit_notes.invoice_id as origin_event_id,
        credit_notes.credit_note_date as event_date,
        margins.invoice_date as origin_date,
        case
            when credit_notes.taken_amount is not null
                then cast(
                        round({{ part_reversed(parts_of[0], taken_before, parts_of[1]) }}, 4)
                        - round({{ part_reversed(parts_of[0], 'credit_notes.taken_to_date_amount', parts_of[1]) }}, 4)
                        as {{ amount_type() }}
                    )
        end as event_amount,
        0 as event_count,
        -- Of a margin of 0 every part is 0, whatever it is a part of.
        case when margins.margin_amount = 0 then 1 else margins.margin_amount end as origin_amount,
        credit_notes.currency_code as event_currency_code,
        margins.owner_user_id,
        margins.opportunity_id,
        credit_notes.invoice_id,
        margins.opportunity_id as split_opportunity_id,
        margins.opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        margins.lead_source_name,
        credit_notes.is_held or margins.is_source_held as is_source_held
    from credit_notes
    inner join margins
        on credit_notes.invoice_id = margins.invoice_id
),

activities_as_events as (
    select
        'activity' as event_kind_code,
        'activity' as credited_kind_code,
        activities.activity_id as event_id,
        activities.activity_id as origin_event_id,
        {{ local_date('activities.occurred_at', 'company_settings.timezone_name') }} as event_date,
        {{ local_date('activities.occurred_at', 'company_settings.timezone_name') }} as origin_date,
        cast(1 as {{ amount_type() }}) as event_amount,
        1 as event_count,
        cast(1 as {{ amount_type() }}) as origin_amount,
        cast(null as {{ dbt.type_string() }}) as event_currency_code,
        activities.user_id as owner_user_id,
        activities.opportunity_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        cast(null as {{ dbt.type_string() }}) as split_opportunity_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_kind_code,
        activities.activity_kind_code,
        activities.outcome_name,
        cast(null as {{ dbt.type_string() }}) as lead_source_name,
        activities.is_held as is_source_held
    from activities
    cross join company_settings
),

lead_conversions as (
    select
        'lead_conversion' as event_kind_code,
        'lead_conversion' as credited_kind_code,
        leads.lead_id as event_id,
        leads.lead_id as origin_event_id,
        {{ local_date('leads.converted_at', 'company_settings.timezone_name') }} as event_date,
        {{ local_date('leads.converted_at', 'company_settings.timezone_name') }} as origin_date,
        cast(1 as {{ amount_type() }}) as event_amount,
        1 as event_count,
        cast(1 as {{ amount_type() }}) as origin_amount,
        cast(null as {{ dbt.type_string() }}) as event_currency_code,
        leads.owner_user_id,
        leads.converted_opportunity_id as opportunity_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        cast(null as {{ dbt.type_string() }}) as split_opportunity_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        leads.lead_source_name,
        leads.is_held as is_source_held
    from leads
    cross join company_settings
    where exists (
            select 1 from components
            where components.event_kind_code = 'lead_conversion'
        )
),

-- A contract is worth what it is worth in a year: as a renewal on its first day, on the day of its cancellation, and on
-- the last day of its term, when it is up for renewal.
contracts_as_events as (
    {%- for kind, date, condition in [
        ('renewal', 'start_date', 'contracts.renewed_from_contract_id is not null'),
        ('cancellation', 'cancelled_date', 'contracts.cancelled_date is not null'),
        ('contract_end', 'end_date', 'contracts.end_date is not null'),
    ] %}
    select
        '{{ kind }}' as event_kind_code,
        '{{ kind }}' as credited_kind_code,
        contracts.contract_id as event_id,
        contracts.contract_id as origin_event_id,
        contracts.{{ date }} as event_date,
        contracts.{{ date }} as origin_date,
        contracts.annual_value_amount as event_amount,
        case when contracts.annual_value_amount < 0 then -1 else 1 end as event_count,
        contracts.annual_value_amount as origin_amount,
        contracts.currency_code as event_currency_code,
        opportunities.owner_user_id,
        contracts.opportunity_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        contracts.opportunity_id as split_opportunity_id,
        opportunities.opportunity_kind_code,
        cast(null as {{ dbt.type_string() }}) as activity_kind_code,
        cast(null as {{ dbt.type_string() }}) as outcome_name,
        opportunities.lead_source_name,
        contracts.is_held as is_source_held
    from contracts
    left join opportunities
        on contracts.opportunity_id = opportunities.opportunity_id
    where
        {{ condition }}
        and exists (
            select 1 from components
            where components.event_kind_code = '{{ kind }}'
        )
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

events as (
    {%- set columns = [
        'event_kind_code', 'credited_kind_code', 'event_id', 'origin_event_id', 'event_date', 'origin_date',
        'event_amount', 'event_count', 'origin_amount', 'event_currency_code', 'owner_user_id', 'opportunity_id', 'invoice_id',
        'split_opportunity_id', 'opportunity_kind_code', 'activity_kind_code', 'outcome_name', 'lead_source_name',
        'is_source_held',
    ] %}
    {%- for kind in [
        'bookings', 'invoices_as_events', 'credit_notes_as_events', 'activities_as_events', 'lead_conversions',
        'contracts_as_events', 'margins_as_events', 'margin_reversals_as_events',
    ] %}
    select {{ columns | join(', ') }} from {{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    {%- for column in columns %}
    events.{{ column }},
    {%- endfor %}
    {{ event_class_code('events') }} as event_class_code
from events
cross join runs
where events.event_date <= runs.as_of_date
