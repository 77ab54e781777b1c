select
    prospect_id as lead_id,
    case lead_source when 'google' then 'Google' else lead_source end as lead_source_name,
    case converted when '1' then 'true' when '0' then 'false' else converted end as is_converted,
    lead_origin as x_lead_origin,
    case do_not_email when 'Yes' then 'true' when 'No' then 'false' else do_not_email end as x_no_email,
    total_visits as x_visit_count,
    total_time_spent_on_website as x_website_seconds,
    page_views_per_visit as x_pages_a_visit,
    country as x_country_name,
    city as x_city_name,
    specialization as x_specialization,
    how_did_you_hear_about_x_education as x_heard_by,
    what_is_your_current_occupation as x_occupation,
    case a_free_copy_of_mastering_the_interview
        when 'Yes' then 'true'
        when 'No' then 'false'
        else a_free_copy_of_mastering_the_interview
    end as x_wants_free_copy,
    tags as x_tags,
    lead_quality as x_lead_quality,
    lead_profile as x_lead_profile,
    asymmetrique_activity_index as x_activity_index,
    asymmetrique_profile_index as x_profile_index,
    asymmetrique_activity_score as x_activity_score,
    asymmetrique_profile_score as x_profile_score,
    last_activity as x_last_activity,
    last_notable_activity as x_last_notable_activity,
    _file,
    _row
from raw_leads
where prospect_id <> 'Prospect ID'
