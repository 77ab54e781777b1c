-- One row a member of a pool: the share in whole minor units. The shares of everybody who has a weight add up to the
-- pool: each is floored to the minor unit, and the rest goes, one unit each, by largest fraction, largest share, payee.
-- A leaver's weight counts where it stays with the company, and then pays nobody.
with members as (
    select
        scope_number,
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        team_id,
        window_period_id,
        window_end_date,
        period_id,
        shares_code,
        leaver_share_code,
        is_member,
        weight_amount
    from {{ ref('int_pay_pool_members') }}
    where is_member or leaver_share_code = 'company'
),

pools as (
    select
        rule_set_id,
        plan_id,
        component_id,
        team_id,
        window_period_id,
        minor_unit_digits,
        of_component_id,
        measure_amount,
        member_count,
        weight_total_amount,
        is_empty,
        pool_amount,
        hold_text
    from {{ ref('int_pay_pools') }}
),

weighted as (
    select
        members.scope_number,
        members.enrolment_number,
        members.rule_set_id,
        members.payee_id,
        members.plan_id,
        members.component_id,
        members.team_id,
        members.window_period_id,
        members.window_end_date,
        members.period_id,
        members.shares_code,
        members.is_member,
        members.weight_amount,
        pools.minor_unit_digits,
        pools.weight_total_amount,
        pools.member_count,
        pools.pool_amount,
        pools.hold_text,
        {{ minor_units('pools.pool_amount', 'pools.minor_unit_digits') }} as pool_units
    from members
    inner join pools
        on
            members.rule_set_id = pools.rule_set_id
            and members.plan_id = pools.plan_id
            and members.component_id = pools.component_id
            and members.team_id = pools.team_id
            and members.window_period_id = pools.window_period_id
    where not pools.is_empty or pools.hold_text is not null
),

-- Whole numbers: units of the pool times units of the weight, over units of all weights.
products as (
    select
        scope_number,
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        team_id,
        window_period_id,
        window_end_date,
        period_id,
        shares_code,
        is_member,
        weight_amount,
        minor_unit_digits,
        member_count,
        pool_amount,
        hold_text,
        pool_units,
        pool_units * {{ as_units('weight_amount') }} as product_units,
        {{ as_units('weight_total_amount') }} as total_units
    from weighted
),

floors as (
    select
        scope_number,
        enrolment_number,
        payee_id,
        team_id,
        window_period_id,
        window_end_date,
        period_id,
        shares_code,
        is_member,
        minor_unit_digits,
        member_count,
        pool_amount,
        hold_text,
        product_units // total_units as floor_units,
        pool_units - sum(product_units // total_units) over team_pools as rest_units,
        row_number() over (
            partition by rule_set_id, plan_id, component_id, team_id, window_period_id
            order by product_units % total_units desc, weight_amount desc, payee_id asc
        ) as rest_order
    from products
    window team_pools as (partition by rule_set_id, plan_id, component_id, team_id, window_period_id)
)

select
    scope_number,
    enrolment_number,
    period_id,
    window_period_id || ':' || team_id as event_id,
    window_end_date as event_date,
    case
        when hold_text is null
            then
                {{ from_minor_units(
                    '(floor_units + case when rest_order <= rest_units then 1 else 0 end)', 'minor_unit_digits'
                ) }}
    end as measure_amount,
    case when hold_text is not null then 'the pool of team ' || team_id || ' is held: ' || hold_text end as hold_text,
    case
        when hold_text is null
            then 'share (' || shares_code || ') of the pool of team ' || team_id || ' in ' || window_period_id
                || ', which came to ' || {{ number_in_words('pool_amount') }} || ' for '
                || cast(member_count as {{ dbt.type_string() }}) || ' members'
    end as cause_text
from floors
where is_member
