-- One row a team, pool component and window that is over: what the pool came to, and what the weights of who shares it
-- add up to. An empty pool (nobody shares it) is an exception and pays nobody.
with candidates as (
    select
        rule_set_id,
        plan_id,
        component_id,
        team_id,
        window_period_id,
        window_start_date,
        window_end_date,
        plan_version,
        currency_code,
        minor_unit_digits,
        rounding_method_code,
        is_member,
        leaver_share_code,
        weight_amount,
        hold_text
    from {{ ref('int_pay_pool_members') }}
),

period_components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        amount,
        of_component_id
    from {{ ref('stg_planning__period_components') }}
    where event_kind_code = 'pool'
),

tiers as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        lower_bound_amount,
        upper_bound_amount,
        part_ratio
    from {{ ref('stg_planning__period_component_parts') }}
    where part_code = 'tier'
),

component_days as (
    select
        rule_set_id,
        plan_id,
        component_id,
        team_id,
        credit_date,
        measure_amount,
        hold_text
    from {{ ref('int_pay_component_days') }}
),

teams as (
    select
        rule_set_id,
        plan_id,
        component_id,
        team_id,
        window_period_id,
        window_start_date,
        window_end_date,
        max(plan_version) as plan_version,
        max(currency_code) as currency_code,
        max(minor_unit_digits) as minor_unit_digits,
        max(rounding_method_code) as rounding_method_code,
        sum(case when is_member then 1 else 0 end) as member_count,
        sum(case when is_member then weight_amount else 0 end) as member_weight_amount,
        sum(case when is_member or leaver_share_code = 'company' then weight_amount else 0 end) as weight_total_amount,
        max(hold_text) as hold_text
    from candidates
    group by
        rule_set_id, plan_id, component_id, team_id, window_period_id, window_start_date, window_end_date
),

teams_with_terms as (
    select
        teams.rule_set_id,
        teams.plan_id,
        teams.component_id,
        teams.team_id,
        teams.window_period_id,
        teams.window_start_date,
        teams.window_end_date,
        teams.plan_version,
        teams.currency_code,
        teams.minor_unit_digits,
        teams.rounding_method_code,
        teams.member_count,
        teams.member_weight_amount,
        teams.weight_total_amount,
        teams.hold_text,
        period_components.amount,
        period_components.of_component_id
    from teams
    inner join period_components
        on
            teams.rule_set_id = period_components.rule_set_id
            and teams.plan_id = period_components.plan_id
            and teams.plan_version = period_components.plan_version
            and teams.component_id = period_components.component_id
),

-- Everybody who was on the team when the credit came counts, those who left since too.
measured as (
    select
        teams_with_terms.rule_set_id,
        teams_with_terms.plan_id,
        teams_with_terms.component_id,
        teams_with_terms.team_id,
        teams_with_terms.window_period_id,
        sum(component_days.measure_amount) as measure_amount,
        max(component_days.hold_text) as hold_text
    from teams_with_terms
    inner join component_days
        on
            teams_with_terms.rule_set_id = component_days.rule_set_id
            and teams_with_terms.plan_id = component_days.plan_id
            and teams_with_terms.of_component_id = component_days.component_id
            and teams_with_terms.team_id = component_days.team_id
            and teams_with_terms.window_start_date <= component_days.credit_date
            and teams_with_terms.window_end_date >= component_days.credit_date
    group by
        teams_with_terms.rule_set_id,
        teams_with_terms.plan_id,
        teams_with_terms.component_id,
        teams_with_terms.team_id,
        teams_with_terms.window_period_id
),

-- A measure below 0 fills no pool.
filled as (
    select
        teams_with_terms.rule_set_id,
        teams_with_terms.plan_id,
        teams_with_terms.component_id,
        teams_with_terms.team_id,
        teams_with_terms.window_period_id,
        teams_with_terms.plan_version,
        teams_with_terms.currency_code,
        teams_with_terms.minor_unit_digits,
        teams_with_terms.rounding_method_code,
        teams_with_terms.member_count,
        teams_with_terms.member_weight_amount,
        teams_with_terms.weight_total_amount,
        teams_with_terms.amount,
        teams_with_terms.of_component_id,
        cast(greatest(coalesce(measured.measure_amount, 0), 0) as {{ pay_type() }}) as measure_amount,
        coalesce(
            teams_with_terms.hold_text,
            teams_with_terms.of_component_id || ' of team ' || teams_with_terms.team_id || ' is held: '
            || measured.hold_text
        ) as hold_text
    from teams_with_terms
    left join measured
        on
            teams_with_terms.rule_set_id = measured.rule_set_id
            and teams_with_terms.plan_id = measured.plan_id
            and teams_with_terms.component_id = measured.component_id
            and teams_with_terms.team_id = measured.team_id
            and teams_with_terms.window_period_id = measured.window_period_id
),

tier_amounts as (
    select
        filled.rule_set_id,
        filled.plan_id,
        filled.component_id,
        filled.team_id,
        filled.window_period_id,
        sum(
            {{ multiply_exact(
                'cast(least(filled.measure_amount, coalesce(tiers.upper_bound_amount, filled.measure_amount))'
                ~ ' - tiers.lower_bound_amount as ' ~ pay_type() ~ ')',
                'tiers.part_ratio'
            ) }}
        ) as pool_amount
    from filled
    inner join tiers
        on
            filled.rule_set_id = tiers.rule_set_id
            and filled.plan_id = tiers.plan_id
            and filled.plan_version = tiers.plan_version
            and filled.component_id = tiers.component_id
            and filled.measure_amount > tiers.lower_bound_amount
    group by filled.rule_set_id, filled.plan_id, filled.component_id, filled.team_id, filled.window_period_id
),

pools as (
    select
        filled.rule_set_id,
        filled.plan_id,
        filled.component_id,
        filled.team_id,
        filled.window_period_id,
        filled.currency_code,
        filled.minor_unit_digits,
        filled.rounding_method_code,
        filled.member_count,
        filled.member_weight_amount,
        filled.weight_total_amount,
        filled.measure_amount,
        filled.of_component_id,
        filled.hold_text,
        cast(coalesce(filled.amount, tier_amounts.pool_amount, 0) as {{ pay_type() }}) as unrounded_amount
    from filled
    left join tier_amounts
        on
            filled.rule_set_id = tier_amounts.rule_set_id
            and filled.plan_id = tier_amounts.plan_id
            and filled.component_id = tier_amounts.component_id
            and filled.team_id = tier_amounts.team_id
            and filled.window_period_id = tier_amounts.window_period_id
)

select
    rule_set_id,
    plan_id,
    component_id,
    team_id,
    window_period_id,
    currency_code,
    minor_unit_digits,
    of_component_id,
    measure_amount,
    member_count,
    weight_total_amount,
    member_weight_amount <= 0 as is_empty,
    case
        when hold_text is null
            then {{ round_to_minor_unit('unrounded_amount', 'minor_unit_digits', 'rounding_method_code') }}
    end as pool_amount,
    hold_text
from pools
