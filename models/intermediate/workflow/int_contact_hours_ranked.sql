with settings as (
    select
        as_of_date,
        timezone_name,
        answered_outcome_names,
        unanswered_outcome_names,
        contact_hour_count
    from {{ ref('int_settings_dated') }}
),

contacts as (
    select
        activities.activity_kind_code,
        case when activities.lead_id is not null then 'lead' else 'customer' end as contact_kind_code,
        {{ weekday_number('activities.occurred_date') }} as weekday_number,
        {{ local_hour('activities.occurred_at', 'settings.timezone_name') }} as hour_number,
        {{ is_listed('activities.outcome_name', 'settings.answered_outcome_names') }} as is_answered
    from {{ ref('fct_activities') }} as activities
    cross join settings
    where
        activities.occurred_date <= settings.as_of_date
        and (
            {{ is_listed('activities.outcome_name', 'settings.answered_outcome_names') }}
            or {{ is_listed('activities.outcome_name', 'settings.unanswered_outcome_names') }}
        )
),

hours as (
    select
        activity_kind_code,
        contact_kind_code,
        weekday_number,
        hour_number,
        count(*) as contact_count,
        sum(case when is_answered then 1 else 0 end) as answered_count
    from contacts
    group by
        activity_kind_code,
        contact_kind_code,
        weekday_number,
        hour_number
),

-- Wilson's lower bound of the share answered. A week has so many hours that one of them always looks good: at 3.29
-- standard errors (1 in 2,000) all of them together seldom raise a false alarm.
hours_bounded as (
    select
        activity_kind_code,
        contact_kind_code,
        weekday_number,
        hour_number,
        contact_count,
        answered_count,
        (
            cast(answered_count as {{ dbt.type_float() }}) / contact_count + 3.29 * 3.29 / (2 * contact_count)
            - 3.29 * sqrt(
                cast(answered_count as {{ dbt.type_float() }}) * (contact_count - answered_count)
                / (contact_count * contact_count * contact_count)
                + 3.29 * 3.29 / (4 * contact_count * contact_count)
            )
        ) / (1 + 3.29 * 3.29 / contact_count) as lower_ratio,
        sum(contact_count) over (partition by activity_kind_code, contact_kind_code) as all_contact_count,
        sum(answered_count) over (partition by activity_kind_code, contact_kind_code) as all_answered_count
    from hours
),

hours_ranked as (
    select
        hours_bounded.activity_kind_code,
        hours_bounded.contact_kind_code,
        hours_bounded.weekday_number,
        hours_bounded.hour_number,
        hours_bounded.contact_count,
        hours_bounded.answered_count,
        hours_bounded.all_contact_count,
        hours_bounded.all_answered_count,
        hours_bounded.contact_count >= settings.contact_hour_count
        and hours_bounded.lower_ratio * hours_bounded.all_contact_count > hours_bounded.all_answered_count as is_better,
        row_number() over (
            partition by hours_bounded.activity_kind_code, hours_bounded.contact_kind_code
            order by
                case when hours_bounded.contact_count >= settings.contact_hour_count then 0 else 1 end asc,
                hours_bounded.lower_ratio desc,
                hours_bounded.weekday_number asc,
                hours_bounded.hour_number asc
        ) as hour_rank
    from hours_bounded
    cross join settings
)

select
    activity_kind_code,
    contact_kind_code,
    case when is_better then weekday_number end as weekday_number,
    case when is_better then hour_number end as hour_number,
    contact_count,
    answered_count,
    cast(all_contact_count as {{ dbt.type_bigint() }}) as all_contact_count,
    cast(all_answered_count as {{ dbt.type_bigint() }}) as all_answered_count
from hours_ranked
where hour_rank = 1
