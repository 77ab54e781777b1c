-- One row a scope and set of terms, with the quota of its whole window, before proration. A quota of a longer period is
-- spread over its windows: shares are floored to the minor unit and get the rest one unit each, by largest fraction,
-- largest share, order.
with scope_terms as (
    select
        scope_number,
        terms_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        currency_code,
        minor_unit_digits,
        window_code,
        window_period_id,
        terms_day,
        last_day,
        quota_change_code,
        quota_period_kind_code,
        quota_subject_code,
        plan_quota_amount,
        team_id
    from {{ ref('int_pay_scope_terms') }}
),

quota_parts as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        window_number,
        weight_ratio,
        part_amount
    from {{ ref('stg_planning__quota_parts') }}
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        start_date
    from {{ ref('stg_planning__calendars') }}
),

window_positions as (
    select
        rule_set_id,
        calendar_id,
        window_kind_code,
        window_period_id,
        quota_period_kind_code,
        quota_period_id,
        window_number
    from {{ ref('int_pay_window_positions') }}
),

quotas_landed as (
    select
        rule_set_id,
        'payee' as subject_code,
        payee_id as subject_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        quota_amount,
        currency_code,
        valid_from_date
    from {{ ref('stg_planning__quotas') }}
    union all
    select
        rule_set_id,
        'team' as subject_code,
        team_id as subject_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        quota_amount,
        currency_code,
        valid_from_date
    from {{ ref('stg_planning__team_quotas') }}
),

quotas as (
    select
        quotas_landed.rule_set_id,
        quotas_landed.subject_code,
        quotas_landed.subject_id,
        quotas_landed.plan_id,
        quotas_landed.component_id,
        quotas_landed.calendar_id,
        quotas_landed.period_id,
        -- From the first day of the period on is the same as without a day.
        case
            when quotas_landed.valid_from_date > calendars.start_date then quotas_landed.valid_from_date
            else cast('1900-01-01' as date)
        end as valid_from_date,
        max(quotas_landed.quota_amount) as quota_amount,
        max(quotas_landed.currency_code) as currency_code,
        count(*) as quota_count
    from quotas_landed
    left join calendars
        on
            quotas_landed.rule_set_id = calendars.rule_set_id
            and quotas_landed.calendar_id = calendars.calendar_id
            and quotas_landed.period_id = calendars.period_id
    group by
        quotas_landed.rule_set_id,
        quotas_landed.subject_code,
        quotas_landed.subject_id,
        quotas_landed.plan_id,
        quotas_landed.component_id,
        quotas_landed.calendar_id,
        quotas_landed.period_id,
        case
            when quotas_landed.valid_from_date > calendars.start_date then quotas_landed.valid_from_date
            else cast('1900-01-01' as date)
        end
),

quotas_found as (
    select
        scope_terms.scope_number,
        scope_terms.terms_number,
        window_positions.quota_period_id,
        window_positions.window_period_id = window_positions.quota_period_id as is_of_window,
        window_positions.window_number,
        quotas.valid_from_date,
        quotas.quota_amount,
        quotas.currency_code,
        quotas.quota_count,
        quotas.valid_from_date > cast('1900-01-01' as date) and scope_terms.quota_change_code is null as is_unforeseen,
        -- A window's own quota goes before a share of a longer period's; of those valid on the day the newest counts.
        row_number() over (
            partition by scope_terms.scope_number, scope_terms.terms_number
            order by
                case when window_positions.window_period_id = window_positions.quota_period_id then 1 else 2 end,
                quotas.valid_from_date desc
        ) as preference
    from scope_terms
    inner join window_positions
        on
            scope_terms.rule_set_id = window_positions.rule_set_id
            and scope_terms.calendar_id = window_positions.calendar_id
            and scope_terms.window_period_id = window_positions.window_period_id
            and window_positions.quota_period_kind_code in (scope_terms.window_code, scope_terms.quota_period_kind_code)
    inner join quotas
        on
            scope_terms.rule_set_id = quotas.rule_set_id
            and scope_terms.quota_subject_code = quotas.subject_code
            and case scope_terms.quota_subject_code
                when 'team' then scope_terms.team_id
                else scope_terms.payee_id
            end = quotas.subject_id
            and scope_terms.plan_id = quotas.plan_id
            and scope_terms.component_id = quotas.component_id
            and scope_terms.calendar_id = quotas.calendar_id
            and window_positions.quota_period_id = quotas.period_id
            -- Dated without a rule for it: taken, and held.
            and case
                when scope_terms.quota_change_code is null or scope_terms.quota_change_code = 'restate'
                    then scope_terms.last_day
                else scope_terms.terms_day
            end >= quotas.valid_from_date
),

quotas_chosen as (
    select
        scope_terms.scope_number,
        scope_terms.terms_number,
        scope_terms.rule_set_id,
        scope_terms.plan_id,
        scope_terms.plan_version,
        scope_terms.component_id,
        scope_terms.calendar_id,
        scope_terms.window_code,
        scope_terms.quota_period_kind_code,
        scope_terms.minor_unit_digits,
        coalesce(quotas_found.quota_period_id, own_positions.quota_period_id) as quota_period_id,
        coalesce(quotas_found.window_number, own_positions.window_number) as window_number,
        coalesce(quotas_found.is_of_window, scope_terms.quota_period_kind_code = scope_terms.window_code)
            as is_of_window,
        case
            when quotas_found.scope_number is null then scope_terms.plan_quota_amount
            when
                quotas_found.quota_count = 1
                and not quotas_found.is_unforeseen
                and quotas_found.quota_amount > 0
                and coalesce(quotas_found.currency_code, scope_terms.currency_code) = scope_terms.currency_code
                then quotas_found.quota_amount
        end as whole_amount,
        case
            when quotas_found.scope_number is null and scope_terms.plan_quota_amount is null then 'is absent'
            when quotas_found.quota_count > 1 then 'stands twice'
            when quotas_found.quota_amount <= 0 then 'is not above 0'
            when quotas_found.is_unforeseen
                then 'begins inside its period, and the component has no quota block that says what that does'
            when coalesce(quotas_found.currency_code, scope_terms.currency_code) <> scope_terms.currency_code
                then 'is not in the currency of the plan'
        end as quota_fault_text
    from scope_terms
    left join quotas_found
        on
            scope_terms.scope_number = quotas_found.scope_number
            and scope_terms.terms_number = quotas_found.terms_number
            and quotas_found.preference = 1
    left join window_positions as own_positions
        on
            scope_terms.rule_set_id = own_positions.rule_set_id
            and scope_terms.calendar_id = own_positions.calendar_id
            and scope_terms.window_period_id = own_positions.window_period_id
            and scope_terms.quota_period_kind_code = own_positions.quota_period_kind_code
),

parts_weighed as (
    select
        quotas_chosen.scope_number,
        quotas_chosen.terms_number,
        quotas_chosen.minor_unit_digits,
        window_positions.window_number,
        window_positions.window_number = quotas_chosen.window_number as is_own,
        {{ amount_units('quotas_chosen.whole_amount') }} as whole_units,
        {{ units_in_minor_unit('quotas_chosen.minor_unit_digits') }} as minor_units,
        coalesce(
            cast(cast(quota_parts.weight_ratio as decimal(25, 12)) * 1000000000000 as hugeint),
            {{ amount_units('quota_parts.part_amount') }},
            1
        ) as weight
    from quotas_chosen
    inner join window_positions
        on
            quotas_chosen.rule_set_id = window_positions.rule_set_id
            and quotas_chosen.calendar_id = window_positions.calendar_id
            and quotas_chosen.window_code = window_positions.window_kind_code
            and quotas_chosen.quota_period_id = window_positions.quota_period_id
    left join quota_parts
        on
            quotas_chosen.rule_set_id = quota_parts.rule_set_id
            and quotas_chosen.plan_id = quota_parts.plan_id
            and quotas_chosen.plan_version = quota_parts.plan_version
            and quotas_chosen.component_id = quota_parts.component_id
            and window_positions.window_number = quota_parts.window_number
    where not quotas_chosen.is_of_window and quotas_chosen.whole_amount is not null
),

parts_divided as (
    select
        scope_number,
        terms_number,
        minor_unit_digits,
        window_number,
        is_own,
        weight,
        whole_units * weight as numerator,
        cast(sum(weight) over (partition by scope_number, terms_number) as hugeint) * minor_units as denominator,
        {{ divide_half_up('whole_units', 'minor_units') }} as rounded_units
    from parts_weighed
),

parts_floored as (
    select
        scope_number,
        terms_number,
        minor_unit_digits,
        is_own,
        numerator // denominator as floor_units,
        rounded_units,
        row_number() over (
            partition by scope_number, terms_number
            order by numerator % denominator desc, weight desc, window_number asc
        ) as rest_order
    from parts_divided
),

parts_rested as (
    select
        scope_number,
        terms_number,
        minor_unit_digits,
        is_own,
        floor_units
        + case
            when rest_order <= rounded_units - sum(floor_units) over (partition by scope_number, terms_number) then 1
            else 0
        end as part_units
    from parts_floored
),

quotas_spread as (
    select
        scope_number,
        terms_number,
        {{ minor_units_as_amount('part_units', 'minor_unit_digits') }} as quota_amount
    from parts_rested
    where is_own
)

select
    quotas_chosen.scope_number,
    quotas_chosen.terms_number,
    case when quotas_chosen.is_of_window then quotas_chosen.whole_amount else quotas_spread.quota_amount end
        as quota_amount,
    quotas_chosen.quota_fault_text
from quotas_chosen
left join quotas_spread
    on
        quotas_chosen.scope_number = quotas_spread.scope_number
        and quotas_chosen.terms_number = quotas_spread.terms_number
