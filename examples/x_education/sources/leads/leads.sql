select
    "Prospect ID" as lead_id,
    case "Lead Source" when 'google' then 'Google' else "Lead Source" end as lead_source_name,
    case "Converted" when '1' then 'true' when '0' then 'false' else "Converted" end as is_converted,
    "Lead Origin" as x_lead_origin,
    case "Do Not Email" when 'Yes' then 'true' when 'No' then 'false' else "Do Not Email" end as x_no_email,
    "TotalVisits" as x_visit_count,
    "Total Time Spent on Website" as x_website_seconds,
    "Page Views Per Visit" as x_pages_a_visit,
    "Country" as x_country_name,
    "City" as x_city_name,
    "Specialization" as x_specialization,
    "How did you hear about X Education" as x_heard_by,
    "What is your current occupation" as x_occupation,
    case "A free copy of Mastering The Interview"
        when 'Yes' then 'true'
        when 'No' then 'false'
        else "A free copy of Mastering The Interview"
    end as x_wants_free_copy,
    "Tags" as x_tags,
    "Lead Quality" as x_lead_quality,
    "Lead Profile" as x_lead_profile,
    "Asymmetrique Activity Index" as x_activity_index,
    "Asymmetrique Profile Index" as x_profile_index,
    "Asymmetrique Activity Score" as x_activity_score,
    "Asymmetrique Profile Score" as x_profile_score,
    "Last Activity" as x_last_activity,
    "Last Notable Activity" as x_last_notable_activity,
    _file,
    _row
from raw_leads
