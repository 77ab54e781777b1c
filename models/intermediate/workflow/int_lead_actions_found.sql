with settings as (
    select
        as_of_date,
        timezone_name,
        lead_response_hours,
        lead_chase_days,
        closed_lead_status_names
    from {{ ref('int_settings_dated') }}
),

landed_columns as (
    select
        table_name,
        column_name,
        is_present
    from {{ source('landing', 'columns') }}
),

leads as (
    select
        leads.lead_id,
        leads.company_name,
        leads.owner_user_id,
        leads.created_at,
        {{ local_date('leads.created_at', 'settings.timezone_name') }} as created_date,
        {{ local_date_after_hours('leads.created_at', 'settings.lead_response_hours', 'settings.timezone_name') }}
            as due_date
    from {{ ref('stg_crm__leads') }} as leads
    cross join settings
    where
        leads.first_responded_at is null
        and leads.converted_at is null
        and leads.converted_opportunity_id is null
        and not coalesce(leads.is_converted, false)
        and not {{ is_listed('leads.lead_status_name', 'settings.closed_lead_status_names') }}
),

contacted_leads as (
    select distinct activities.lead_id
    from {{ ref('fct_activities') }} as activities
    inner join settings
        on activities.occurred_date <= settings.as_of_date
    where activities.lead_id is not null
),

users_matched as (
    select
        user_id,
        payee_id
    from {{ ref('int_users_matched') }}
),

lead_scores as (
    select
        lead_id,
        score_ratio,
        score_band_code
    from {{ ref('fct_lead_scores') }}
),

-- A CRM that says nowhere when a lead was answered would have every lead unanswered.
answers_known as (
    select count(*) > 0 as is_known
    from landed_columns
    where
        is_present
        and (
            (table_name = 'leads' and column_name = 'first_responded_at')
            or (table_name = 'activities' and column_name = 'lead_id')
        )
)

select
    'lead_not_answered' as rule_code,
    'call' as action_kind_code,
    'lead' as contact_kind_code,
    'lead' as record_kind_code,
    leads.lead_id as record_id,
    coalesce(leads.company_name, leads.lead_id) as record_name,
    cast(null as {{ dbt.type_string() }}) as opportunity_id,
    cast(null as {{ dbt.type_string() }}) as account_id,
    users_matched.payee_id as owner_payee_id,
    leads.owner_user_id,
    leads.created_date as since_date,
    leads.due_date,
    cast(null as {{ amount_type() }}) as value_company_amount,
    cast(null as {{ ratio_type() }}) as win_probability_ratio,
    lead_scores.score_ratio,
    coalesce(lead_scores.score_band_code, 'medium') as priority_code,
    'Created on ' || cast(leads.created_date as {{ dbt.type_string() }}) || ', and nobody has answered within '
    || cast(settings.lead_response_hours as {{ dbt.type_string() }}) || ' hours.' as reason_text
from leads
cross join settings
inner join answers_known
    on answers_known.is_known
left join contacted_leads
    on leads.lead_id = contacted_leads.lead_id
left join users_matched
    on leads.owner_user_id = users_matched.user_id
left join lead_scores
    on leads.lead_id = lead_scores.lead_id
where
    contacted_leads.lead_id is null
    and leads.due_date <= settings.as_of_date
    and {{ days_between('leads.created_date', 'settings.as_of_date') }} <= settings.lead_chase_days
