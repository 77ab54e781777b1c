with settings as (
    select
        as_of_date,
        company_currency_code,
        contact_hour_count
    from {{ ref('int_settings_dated') }}
),

payees as (
    select
        payee_id,
        payee_name,
        user_id,
        team_id,
        region_id,
        manager_payee_id,
        is_active
    from {{ ref('dim_payees') }}
),

employees as (
    select
        employee_id,
        email
    from {{ ref('stg_people__employees') }}
),

contact_hours as (
    select
        activity_kind_code,
        contact_kind_code,
        weekday_number,
        hour_number,
        contact_count,
        answered_count,
        all_contact_count,
        {{ percent_text('cast(all_answered_count as decimal(18, 4)) / all_contact_count') }} as all_answered_text
    from {{ ref('int_contact_hours_ranked') }}
),

actions as (
    {% for found in [
        ref('int_lead_actions_found'), ref('int_deal_actions_found'), ref('int_customer_actions_found')
    ] -%}
    select
        rule_code,
        action_kind_code,
        contact_kind_code,
        record_kind_code,
        record_id,
        record_name,
        opportunity_id,
        account_id,
        owner_payee_id,
        owner_user_id,
        since_date,
        due_date,
        value_company_amount,
        win_probability_ratio,
        score_ratio,
        priority_code,
        reason_text,
        -- A meeting is asked for by a call; to correct a record nobody is contacted.
        case action_kind_code when 'meeting' then 'call' when 'update' then null else action_kind_code end
            as activity_kind_code
    from {{ found }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

-- What belongs to somebody who has left is the manager's to do.
select
    actions.rule_code || ':' || actions.record_id || ':' || cast(actions.since_date as {{ dbt.type_string() }})
        as action_id,
    actions.rule_code,
    actions.action_kind_code,
    actions.priority_code,
    coalesce(managers.payee_id, owners.payee_id) as payee_id,
    coalesce(managers.payee_name, owners.payee_name) as payee_name,
    employees.email as email_text,
    case when managers.payee_id is null then coalesce(actions.owner_user_id, owners.user_id) else managers.user_id end
        as user_id,
    case when managers.payee_id is null then owners.team_id else managers.team_id end as team_id,
    case when managers.payee_id is null then owners.region_id else managers.region_id end as region_id,
    actions.owner_payee_id,
    actions.record_kind_code,
    actions.record_id,
    actions.record_name,
    actions.opportunity_id,
    actions.account_id,
    actions.since_date,
    actions.due_date,
    {{ days_between('actions.due_date', 'settings.as_of_date') }} as overdue_days,
    settings.as_of_date,
    actions.value_company_amount,
    settings.company_currency_code,
    actions.win_probability_ratio,
    actions.score_ratio,
    actions.reason_text,
    {{
        add_days(
            'settings.as_of_date',
            '((contact_hours.weekday_number + 7 - ' ~ weekday_number('settings.as_of_date') ~ ') % 7)'
        )
    }} as suggested_date,
    contact_hours.hour_number as suggested_hour_number,
    case
        when actions.activity_kind_code is null then 'Nobody is contacted for this.'
        when contact_hours.all_contact_count is null
            then 'No contact of this kind has an outcome that says whether somebody answered.'
        when contact_hours.hour_number is not null
            then
                case contact_hours.weekday_number
                    when 1 then 'Monday' when 2 then 'Tuesday' when 3 then 'Wednesday' when 4 then 'Thursday'
                    when 5 then 'Friday' when 6 then 'Saturday' else 'Sunday'
                end
                || ' from ' || cast(contact_hours.hour_number as {{ dbt.type_string() }}) || ' h: '
                || cast(contact_hours.answered_count as {{ dbt.type_string() }}) || ' of '
                || cast(contact_hours.contact_count as {{ dbt.type_string() }}) || ' answered, against '
                || contact_hours.all_answered_text
                || ' at all hours.'
        when contact_hours.contact_count < settings.contact_hour_count
            then
                'Too little is known: no hour of a weekday has '
                || cast(settings.contact_hour_count as {{ dbt.type_string() }}) || ' contacts.'
        else
            'No hour is better than the others: '
            || contact_hours.all_answered_text
            || ' of ' || cast(contact_hours.all_contact_count as {{ dbt.type_string() }}) || ' contacts answered.'
    end as suggested_time_text
from actions
cross join settings
left join payees as owners
    on actions.owner_payee_id = owners.payee_id
left join payees as managers
    on
        owners.manager_payee_id = managers.payee_id
        and not owners.is_active
        and managers.is_active
left join employees
    on coalesce(managers.payee_id, owners.payee_id) = employees.employee_id
left join contact_hours
    on
        actions.activity_kind_code = contact_hours.activity_kind_code
        and actions.contact_kind_code = contact_hours.contact_kind_code
