with settings as (
    select
        as_of_date,
        timezone_name,
        has_activities,
        quiet_deal_days,
        passed_close_days,
        likely_deal_ratio,
        next_step_days,
        moved_back_days
    from {{ ref('int_settings_dated') }}
),

opportunities as (
    select
        opportunity_id,
        coalesce(opportunity_name, opportunity_id) as opportunity_name,
        account_id,
        owner_payee_id,
        owner_user_id,
        stage_name,
        deal_company_amount,
        created_date,
        close_date,
        last_activity_date,
        coalesce(last_activity_date, created_date) as last_touch_date
    from {{ ref('fct_opportunities') }}
    where is_open
),

opportunity_scores as (
    select
        opportunity_id,
        win_probability_ratio,
        is_baseline
    from {{ ref('fct_opportunity_scores') }}
),

-- A next step is an activity that is planned: its day is still to come.
next_steps as (
    select distinct activities.opportunity_id
    from {{ ref('fct_activities') }} as activities
    inner join settings
        on activities.occurred_date > settings.as_of_date
    where activities.opportunity_id is not null
),

stage_map as (
    select
        stage_name,
        stage_order
    from {{ ref('stg_planning__stage_map') }}
),

stage_changes as (
    select
        changes.opportunity_id,
        {{ local_date('changes.entered_at', 'settings.timezone_name') }} as entered_date,
        stage_map.stage_order,
        lag(stage_map.stage_order) over (
            partition by changes.opportunity_id
            order by changes.entered_at, changes.stage_change_id
        ) as stage_order_before,
        row_number() over (
            partition by changes.opportunity_id
            order by changes.entered_at desc, changes.stage_change_id desc
        ) as newest_number
    from {{ ref('stg_crm__opportunity_stages') }} as changes
    cross join settings
    inner join opportunities
        on changes.opportunity_id = opportunities.opportunity_id
    left join stage_map
        on changes.stage_name = stage_map.stage_name
    where {{ local_date('changes.entered_at', 'settings.timezone_name') }} <= settings.as_of_date
),

moves_back as (
    select
        opportunity_id,
        entered_date
    from stage_changes
    where
        newest_number = 1
        and stage_order < stage_order_before
),

-- A deal is asked for by one of these rules, the most telling one: all three mean the same call.
deals_judged as (
    select
        opportunities.opportunity_id,
        opportunities.opportunity_name,
        opportunities.account_id,
        opportunities.owner_payee_id,
        opportunities.owner_user_id,
        opportunities.stage_name,
        opportunities.deal_company_amount,
        opportunities.close_date,
        opportunities.last_touch_date,
        moves_back.entered_date as moved_back_date,
        opportunity_scores.win_probability_ratio,
        case
            when not settings.has_activities or next_steps.opportunity_id is not null then null
            -- A baseline says of every deal the same, so no deal is likely by it.
            when
                opportunity_scores.win_probability_ratio >= settings.likely_deal_ratio
                and not opportunity_scores.is_baseline
                and {{ days_between('opportunities.last_touch_date', 'settings.as_of_date') }}
                >= settings.next_step_days
                then 'likely_deal_without_next_step'
            when
                coalesce(opportunities.last_activity_date <= moves_back.entered_date, true)
                and {{ days_between('moves_back.entered_date', 'settings.as_of_date') }} >= settings.moved_back_days
                then 'deal_moved_back'
            when
                {{ days_between('opportunities.last_touch_date', 'settings.as_of_date') }} >= settings.quiet_deal_days
                then 'deal_gone_quiet'
        end as contact_rule_code
    from opportunities
    cross join settings
    left join opportunity_scores
        on opportunities.opportunity_id = opportunity_scores.opportunity_id
    left join next_steps
        on opportunities.opportunity_id = next_steps.opportunity_id
    left join moves_back
        on opportunities.opportunity_id = moves_back.opportunity_id
),

actions as (
    select
        deals_judged.contact_rule_code as rule_code,
        case when deals_judged.contact_rule_code = 'likely_deal_without_next_step' then 'meeting' else 'call' end
            as action_kind_code,
        deals_judged.opportunity_id,
        case
            when deals_judged.contact_rule_code = 'deal_moved_back' then deals_judged.moved_back_date
            else deals_judged.last_touch_date
        end as since_date,
        case deals_judged.contact_rule_code
            when 'likely_deal_without_next_step' then settings.next_step_days
            when 'deal_moved_back' then settings.moved_back_days
            else settings.quiet_deal_days
        end as allowed_days,
        case when deals_judged.contact_rule_code = 'likely_deal_without_next_step' then 'high' else 'medium' end
            as priority_code,
        case deals_judged.contact_rule_code
            when 'likely_deal_without_next_step'
                then
                    'Will be won with ' || {{ percent_text('deals_judged.win_probability_ratio') }}
                    || ' probability, but nothing has happened since '
                    || cast(deals_judged.last_touch_date as {{ dbt.type_string() }}) || ' and no next step is planned.'
            when 'deal_moved_back'
                then
                    'Went back to the stage ' || deals_judged.stage_name || ' on '
                    || cast(deals_judged.moved_back_date as {{ dbt.type_string() }})
                    || ', and nothing has happened since.'
            else
                'No activity since ' || cast(deals_judged.last_touch_date as {{ dbt.type_string() }})
                || ', and no next step is planned.'
        end as reason_text
    from deals_judged
    cross join settings
    where deals_judged.contact_rule_code is not null

    union all

    select
        'close_date_passed' as rule_code,
        'update' as action_kind_code,
        opportunities.opportunity_id,
        opportunities.close_date as since_date,
        settings.passed_close_days as allowed_days,
        'medium' as priority_code,
        'Was expected to close on ' || cast(opportunities.close_date as {{ dbt.type_string() }})
        || ', and is still open: close it, or enter a new date.' as reason_text
    from opportunities
    cross join settings
    where {{ days_between('opportunities.close_date', 'settings.as_of_date') }} >= settings.passed_close_days
)

select
    actions.rule_code,
    actions.action_kind_code,
    'customer' as contact_kind_code,
    'opportunity' as record_kind_code,
    actions.opportunity_id as record_id,
    deals_judged.opportunity_name as record_name,
    actions.opportunity_id,
    deals_judged.account_id,
    deals_judged.owner_payee_id,
    deals_judged.owner_user_id,
    actions.since_date,
    {{ add_days('actions.since_date', 'actions.allowed_days') }} as due_date,
    deals_judged.deal_company_amount as value_company_amount,
    deals_judged.win_probability_ratio,
    cast(null as {{ ratio_type() }}) as score_ratio,
    actions.priority_code,
    actions.reason_text
from actions
inner join deals_judged
    on actions.opportunity_id = deals_judged.opportunity_id
