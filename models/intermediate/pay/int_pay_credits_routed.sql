-- One row a credit of a rule that looks at more than the class and the shares of an event: filters of single events,
-- teams, coverage, shares of levels, and components in which two rules may take one event. The columns are those that
-- int_pay_credits goes on with; taken_amount is what of the event a rule takes that does not take all of it.
{%- set rule_keys = ['rule_set_id', 'plan_id', 'plan_version', 'component_id', 'rule_number'] %}
{%- set plan_keys = rule_keys[:4] %}
with events_routed as (
    select
        {{ rule_keys | join(',\n        ') }},
        event_kind_code,
        event_id,
        territory_id,
        region_id,
        team_id,
        is_part,
        taken_amount,
        hold_text
    from {{ ref('int_pay_events_routed') }}
),

credit_rules as (
    select
        {{ rule_keys | join(',\n        ') }},
        receiver_code,
        quota_credit_ratio,
        pay_credit_ratio,
        roll_up_depth,
        is_own_territory,
        is_own_region,
        is_own_team
    from {{ ref('stg_planning__credit_rules') }}
    where is_routed
),

credit_levels as (
    select
        {{ rule_keys | join(',\n        ') }},
        level_number,
        level_ratio
    from {{ ref('stg_planning__credit_levels') }}
),

shares as (
    select
        share_number,
        event_kind_code,
        event_id,
        origin_date,
        event_amount,
        payee_id,
        share_kind_code,
        share_ratio,
        share_amount
    from {{ ref('int_pay_shares') }}
),

enrolments as (
    select
        enrolment_number,
        {{ plan_keys | join(',\n        ') }},
        payee_id,
        enrolled_from_date,
        enrolled_to_date,
        credited_twice_code
    from {{ ref('int_pay_enrolments') }}
),

assignments as (
    select
        payee_id,
        team_id,
        region_id,
        territory_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_pay_assignments') }}
),

chains as (
    select
        payee_id,
        manager_payee_id,
        valid_from_date,
        valid_to_date,
        depth,
        hold_text
    from {{ ref('int_pay_chains') }}
),

-- The shares of events that a rule takes; of a part of the deal where the rule takes lines.
shares_taken as (
    select
        {%- for key in rule_keys %}
        credit_rules.{{ key }},
        {%- endfor %}
        credit_rules.receiver_code,
        credit_rules.quota_credit_ratio,
        credit_rules.pay_credit_ratio,
        credit_rules.roll_up_depth,
        credit_rules.is_own_territory,
        credit_rules.is_own_region,
        credit_rules.is_own_team,
        events_routed.territory_id,
        events_routed.region_id,
        events_routed.team_id,
        events_routed.hold_text,
        shares.share_number,
        shares.event_kind_code,
        shares.event_id,
        shares.origin_date,
        shares.payee_id,
        shares.share_kind_code,
        shares.share_ratio,
        case
            when events_routed.is_part then events_routed.taken_amount
            else cast(shares.event_amount as {{ pay_type() }})
        end as whole_amount,
        case when events_routed.is_part then events_routed.taken_amount end as taken_amount,
        case
            when events_routed.is_part
                then cast({{ multiply_exact('events_routed.taken_amount', 'shares.share_ratio') }} as {{ pay_type() }})
            else shares.share_amount
        end as share_amount
    from events_routed
    inner join credit_rules
        on
            {{ same_keys('events_routed', 'credit_rules', rule_keys) }}
    inner join shares
        on
            events_routed.event_kind_code = shares.event_kind_code
            and events_routed.event_id = shares.event_id
),

direct_parts as (
    select
        {%- for key in rule_keys %}
        shares_taken.{{ key }},
        {%- endfor %}
        shares_taken.event_kind_code,
        shares_taken.event_id,
        shares_taken.origin_date,
        shares_taken.share_number,
        shares_taken.payee_id as receiver_payee_id,
        shares_taken.share_kind_code as credit_kind_code,
        shares_taken.share_ratio as part_ratio,
        shares_taken.share_amount as part_amount,
        shares_taken.taken_amount,
        shares_taken.quota_credit_ratio,
        shares_taken.pay_credit_ratio,
        shares_taken.hold_text
    from shares_taken
    where
        shares_taken.payee_id is not null
        and shares_taken.receiver_code
        = case shares_taken.share_kind_code when 'overlay' then 'overlay' else 'seller' end
),

-- Everybody who stands above a share, or beside it in a team, gets what the shares below or beside add up to: an event
-- counts once for each of them.
manager_parts as (
    select
        {%- for key in rule_keys %}
        shares_taken.{{ key }},
        {%- endfor %}
        shares_taken.event_kind_code,
        shares_taken.event_id,
        shares_taken.origin_date,
        shares_taken.share_number,
        chains.manager_payee_id as receiver_payee_id,
        'manager' as credit_kind_code,
        case
            when credit_levels.level_ratio is null then shares_taken.share_ratio
            else {{ multiply_exact('shares_taken.share_ratio', 'credit_levels.level_ratio') }}
        end as part_ratio,
        case
            when credit_levels.level_ratio is null then shares_taken.share_amount
            else {{ multiply_exact('shares_taken.share_amount', 'credit_levels.level_ratio') }}
        end as part_amount,
        shares_taken.taken_amount,
        shares_taken.quota_credit_ratio,
        shares_taken.pay_credit_ratio,
        coalesce(shares_taken.hold_text, chains.hold_text) as hold_text
    from shares_taken
    inner join chains
        on
            shares_taken.payee_id = chains.payee_id
            and shares_taken.roll_up_depth >= chains.depth
            and shares_taken.origin_date >= chains.valid_from_date
            and shares_taken.origin_date <= chains.valid_to_date
    left join credit_levels
        on
            {{ same_keys('shares_taken', 'credit_levels', rule_keys) }}
            and chains.depth = credit_levels.level_number
    where
        shares_taken.receiver_code = 'manager'
        and shares_taken.share_kind_code <> 'overlay'
),

team_parts as (
    select
        {%- for key in rule_keys %}
        shares_taken.{{ key }},
        {%- endfor %}
        shares_taken.event_kind_code,
        shares_taken.event_id,
        shares_taken.origin_date,
        shares_taken.share_number,
        members.payee_id as receiver_payee_id,
        'team' as credit_kind_code,
        shares_taken.share_ratio as part_ratio,
        shares_taken.share_amount as part_amount,
        shares_taken.taken_amount,
        shares_taken.quota_credit_ratio,
        shares_taken.pay_credit_ratio,
        shares_taken.hold_text
    from shares_taken
    inner join assignments as sellers
        on
            shares_taken.payee_id = sellers.payee_id
            and shares_taken.origin_date >= sellers.valid_from_date
            and shares_taken.origin_date <= sellers.valid_to_date
    inner join assignments as members
        on
            sellers.team_id = members.team_id
            and shares_taken.origin_date >= members.valid_from_date
            and shares_taken.origin_date <= members.valid_to_date
    where
        shares_taken.receiver_code = 'team'
        and shares_taken.share_kind_code <> 'overlay'
),

parts as (
    {%- for kind in ['direct_parts', 'manager_parts', 'team_parts'] %}
    select
        {{ rule_keys | join(',\n        ') }},
        event_kind_code,
        event_id,
        origin_date,
        share_number,
        receiver_payee_id,
        credit_kind_code,
        part_ratio,
        part_amount,
        taken_amount,
        quota_credit_ratio,
        pay_credit_ratio,
        hold_text
    from {{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

received_parts as (
    select
        min(parts.share_number) as share_number,
        enrolments.enrolment_number,
        parts.rule_number,
        parts.event_kind_code,
        parts.event_id,
        parts.credit_kind_code,
        cast(sum(parts.part_ratio) as {{ ratio_type() }}) as credit_ratio,
        cast(sum(parts.part_amount) as {{ pay_type() }}) as share_amount,
        -- The same for every share of an event.
        max(parts.taken_amount) as taken_amount,
        parts.quota_credit_ratio,
        parts.pay_credit_ratio,
        min(parts.hold_text) as hold_text,
        enrolments.credited_twice_code
    from parts
    inner join enrolments
        on
            {{ same_keys('parts', 'enrolments', plan_keys) }}
            and parts.receiver_payee_id = enrolments.payee_id
            and parts.origin_date >= enrolments.enrolled_from_date
            and parts.origin_date <= enrolments.enrolled_to_date
    group by
        enrolments.enrolment_number,
        parts.rule_number,
        parts.event_kind_code,
        parts.event_id,
        parts.credit_kind_code,
        parts.quota_credit_ratio,
        parts.pay_credit_ratio,
        enrolments.credited_twice_code
),

-- Whoever owns the event, nobody too: any share leads to it.
covered_events as (
    select
        {{ rule_keys | join(',\n        ') }},
        quota_credit_ratio,
        pay_credit_ratio,
        is_own_territory,
        is_own_region,
        is_own_team,
        territory_id,
        region_id,
        team_id,
        hold_text,
        event_kind_code,
        event_id,
        origin_date,
        whole_amount,
        taken_amount,
        min(share_number) as share_number
    from shares_taken
    where receiver_code = 'coverage'
    group by
        {{ rule_keys | join(',\n        ') }},
        quota_credit_ratio,
        pay_credit_ratio,
        is_own_territory,
        is_own_region,
        is_own_team,
        territory_id,
        region_id,
        team_id,
        hold_text,
        event_kind_code,
        event_id,
        origin_date,
        whole_amount,
        taken_amount
),

coverage_credits as (
    select
        covered_events.share_number,
        enrolments.enrolment_number,
        covered_events.rule_number,
        covered_events.event_kind_code,
        covered_events.event_id,
        'coverage' as credit_kind_code,
        cast(1 as {{ ratio_type() }}) as credit_ratio,
        covered_events.whole_amount as share_amount,
        covered_events.taken_amount,
        covered_events.quota_credit_ratio,
        covered_events.pay_credit_ratio,
        covered_events.hold_text,
        enrolments.credited_twice_code
    from covered_events
    inner join enrolments
        on
            {{ same_keys('covered_events', 'enrolments', plan_keys) }}
            and covered_events.origin_date >= enrolments.enrolled_from_date
            and covered_events.origin_date <= enrolments.enrolled_to_date
    left join assignments
        on
            enrolments.payee_id = assignments.payee_id
            and covered_events.origin_date >= assignments.valid_from_date
            and covered_events.origin_date <= assignments.valid_to_date
    where
        (not covered_events.is_own_territory or covered_events.territory_id = assignments.territory_id)
        and (not covered_events.is_own_region or covered_events.region_id = assignments.region_id)
        and (not covered_events.is_own_team or covered_events.team_id = assignments.team_id)
),

credits as (
    {%- for kind in ['received_parts', 'coverage_credits'] %}
    select
        share_number,
        enrolment_number,
        rule_number,
        event_kind_code,
        event_id,
        credit_kind_code,
        credit_ratio,
        share_amount,
        taken_amount,
        quota_credit_ratio,
        pay_credit_ratio,
        hold_text,
        credited_twice_code
    from {{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

credits_in_order as (
    select
        share_number,
        enrolment_number,
        credit_kind_code,
        credit_ratio,
        share_amount,
        taken_amount,
        quota_credit_ratio,
        pay_credit_ratio,
        hold_text,
        credited_twice_code,
        event_kind_code,
        event_id,
        dense_rank() over (partition by enrolment_number, event_kind_code, event_id order by rule_number) as rule_order,
        min(rule_number) over (partition by enrolment_number, event_kind_code, event_id) as first_rule_number,
        max(rule_number) over (partition by enrolment_number, event_kind_code, event_id) as last_rule_number
    from credits
)

select
    share_number,
    enrolment_number,
    credit_kind_code,
    credit_ratio,
    share_amount,
    taken_amount,
    quota_credit_ratio,
    pay_credit_ratio,
    case
        when credited_twice_code = 'held' and last_rule_number <> first_rule_number
            then 'credit rules ' || cast(first_rule_number as {{ dbt.type_string() }}) || ' and '
                || cast(last_rule_number as {{ dbt.type_string() }}) || ' both credit ' || event_kind_code || ' '
                || event_id || ' to the payee'
        else hold_text
    end as hold_text
from credits_in_order
where credited_twice_code is null or credited_twice_code <> 'first_rule' or rule_order = 1
