with assignments as (
    select
        assignment_id,
        team_id,
        team_name,
        region_id,
        region_name,
        valid_from_date
    from {{ ref('int_payee_assignments_dated') }}
    where team_id is not null
),

payees as (
    select
        payee_id,
        team_id,
        manager_payee_id,
        is_active
    from {{ ref('dim_payees') }}
),

-- Name and region as the newest assignment to the team gives them.
teams_ranked as (
    select
        team_id,
        team_name,
        region_id,
        region_name,
        row_number() over (partition by team_id order by valid_from_date desc, assignment_id desc) as newest_rank
    from assignments
),

active_payees as (
    select
        payee_id,
        team_id,
        manager_payee_id
    from payees
    where
        is_active
        and team_id is not null
),

team_sizes as (
    select
        team_id,
        count(*) as active_payee_count
    from active_payees
    group by team_id
),

-- The manager of most of the team's payees; one who is in the team goes before one who is above it.
team_managers as (
    select
        active_payees.team_id,
        active_payees.manager_payee_id,
        row_number() over (
            partition by active_payees.team_id
            order by
                max(case when managers.team_id = active_payees.team_id then 1 else 0 end) desc,
                count(*) desc,
                active_payees.manager_payee_id asc
        ) as manager_rank
    from active_payees
    left join payees as managers
        on active_payees.manager_payee_id = managers.payee_id
    where active_payees.manager_payee_id is not null
    group by
        active_payees.team_id,
        active_payees.manager_payee_id
)

select
    teams_ranked.team_id,
    coalesce(teams_ranked.team_name, teams_ranked.team_id) as team_name,
    teams_ranked.region_id,
    teams_ranked.region_name,
    team_managers.manager_payee_id,
    coalesce(team_sizes.active_payee_count, 0) as active_payee_count
from teams_ranked
left join team_sizes
    on teams_ranked.team_id = team_sizes.team_id
left join team_managers
    on
        teams_ranked.team_id = team_managers.team_id
        and team_managers.manager_rank = 1
where teams_ranked.newest_rank = 1
