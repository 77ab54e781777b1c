-- One row a scope and set of terms of its payee: the quota, the target and the share of rates that hold by them.
-- A prorated number is rounded once to the minor unit, and the last segment of a window takes the rest.
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
        segment_number,
        segment_count,
        terms_from_date,
        is_in_segment,
        target_share_ratio,
        variable_target_amount,
        pay_currency_code
    from {{ ref('int_pay_scope_terms') }}
),

quotas as (
    select
        scope_number,
        terms_number,
        quota_amount,
        quota_fault_text
    from {{ ref('int_pay_quotas') }}
),

window_positions as (
    select
        rule_set_id,
        calendar_id,
        window_period_id,
        quota_period_kind_code,
        window_number
    from {{ ref('int_pay_window_positions') }}
),

ramps as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        start_date,
        end_date,
        rate_ratio
    from {{ ref('int_pay_ramps') }}
    where rate_ratio <> 1
),

prorations as (
    select
        scope_number,
        is_quota_prorated,
        is_target_prorated,
        numerator_count,
        denominator_count,
        quota_numerator_count,
        quota_denominator_count
    from {{ ref('int_pay_prorations') }}
),

-- The target that a plan writes itself is prorated here too.
plan_targets as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        target_amount
    from {{ ref('stg_planning__components') }}
),

-- The part of a year's variable target that the curve pays: rounded once, then spread evenly over the year's windows.
targets_of_years as (
    select
        scope_terms.scope_number,
        scope_terms.terms_number,
        scope_terms.minor_unit_digits,
        window_positions.window_number,
        case scope_terms.window_code when 'month' then 12 when 'quarter' then 4 when 'half' then 2 else 1 end
            as window_count,
        scope_terms.variable_target_amount,
        coalesce(scope_terms.pay_currency_code, scope_terms.currency_code) = scope_terms.currency_code
            as is_in_currency,
        {{
            divide_half_up(
                amount_units('scope_terms.variable_target_amount')
                ~ ' * cast(cast(scope_terms.target_share_ratio as decimal(25, 12)) * 1000000000000 as hugeint)',
                units_in_minor_unit('scope_terms.minor_unit_digits') ~ ' * cast(1000000000000 as hugeint)'
            )
        }} as year_units
    from scope_terms
    inner join window_positions
        on
            scope_terms.rule_set_id = window_positions.rule_set_id
            and scope_terms.calendar_id = window_positions.calendar_id
            and scope_terms.window_period_id = window_positions.window_period_id
            and window_positions.quota_period_kind_code = 'year'
    where scope_terms.target_share_ratio is not null
),

targets_spread as (
    select
        scope_number,
        terms_number,
        case
            when variable_target_amount > 0 and is_in_currency
                then
                    {{
                        minor_units_as_amount(
                            'year_units // window_count'
                            ~ ' + case when window_number <= year_units % window_count then 1 else 0 end',
                            'minor_unit_digits'
                        )
                    }}
        end as target_amount,
        case
            when variable_target_amount is null then 'is absent'
            when variable_target_amount <= 0 then 'is not above 0'
            when not is_in_currency then 'is not in the currency of the plan'
        end as target_fault_text
    from targets_of_years
),

terms_spread as (
    select
        scope_terms.scope_number,
        scope_terms.rule_set_id,
        scope_terms.payee_id,
        scope_terms.plan_id,
        scope_terms.component_id,
        scope_terms.window_period_id,
        scope_terms.segment_number,
        scope_terms.segment_count,
        scope_terms.terms_number,
        scope_terms.plan_version,
        scope_terms.terms_from_date,
        scope_terms.is_in_segment,
        scope_terms.minor_unit_digits,
        quotas.quota_amount,
        quotas.quota_fault_text,
        coalesce(targets_spread.target_amount, plan_targets.target_amount) as target_amount,
        targets_spread.target_fault_text,
        targets_spread.scope_number is not null or coalesce(prorations.is_target_prorated, false) as is_target_own,
        coalesce(prorations.is_quota_prorated, false) as is_quota_prorated,
        coalesce(prorations.is_target_prorated, false) as is_target_prorated,
        cast(prorations.quota_numerator_count as hugeint) as quota_numerator,
        cast(prorations.quota_denominator_count as hugeint)
        * {{ units_in_minor_unit('scope_terms.minor_unit_digits') }} as quota_denominator,
        cast(prorations.numerator_count as hugeint) as target_numerator,
        cast(prorations.denominator_count as hugeint)
        * {{ units_in_minor_unit('scope_terms.minor_unit_digits') }} as target_denominator,
        -- The terms that count for the scope as a whole: the last ones in it.
        row_number() over (
            partition by scope_terms.scope_number
            order by
                case when scope_terms.is_in_segment then 1 else 2 end,
                scope_terms.terms_from_date desc,
                scope_terms.terms_number desc
        ) = 1 as is_main
    from scope_terms
    inner join quotas
        on
            scope_terms.scope_number = quotas.scope_number
            and scope_terms.terms_number = quotas.terms_number
    inner join plan_targets
        on
            scope_terms.rule_set_id = plan_targets.rule_set_id
            and scope_terms.plan_id = plan_targets.plan_id
            and scope_terms.plan_version = plan_targets.plan_version
            and scope_terms.component_id = plan_targets.component_id
    left join targets_spread
        on
            scope_terms.scope_number = targets_spread.scope_number
            and scope_terms.terms_number = targets_spread.terms_number
    left join prorations
        on scope_terms.scope_number = prorations.scope_number
),

segments_before as (
    select
        main.scope_number,
    {%- for thing in ['quota', 'target'] %}
    sum({{ amount_units('earlier.' ~ thing ~ '_amount') }} * earlier.{{ thing }}_numerator) as {{ thing }}_exact,
    sum(
            {{
                divide_half_up(
                    amount_units('earlier.' ~ thing ~ '_amount') ~ ' * earlier.' ~ thing ~ '_numerator',
                    'earlier.' ~ thing ~ '_denominator'
                )
            }}
    ) as {{ thing }}_rounded{{ ',' if not loop.last }}
    {%- endfor %}
    from terms_spread as main
    inner join terms_spread as earlier
        on
            main.rule_set_id = earlier.rule_set_id
            and main.payee_id = earlier.payee_id
            and main.plan_id = earlier.plan_id
            and main.component_id = earlier.component_id
            and main.window_period_id = earlier.window_period_id
            and main.segment_number > earlier.segment_number
            and earlier.is_main
    where main.is_main and main.segment_count > 1 and main.segment_number = main.segment_count
    group by main.scope_number
),

terms_prorated as (
    select
        terms_spread.scope_number,
        terms_spread.terms_number,
        terms_spread.plan_version,
        terms_spread.rule_set_id,
        terms_spread.payee_id,
        terms_spread.plan_id,
        terms_spread.component_id,
        terms_spread.terms_from_date,
        terms_spread.is_in_segment,
        terms_spread.is_main,
        terms_spread.quota_fault_text,
        terms_spread.target_fault_text,
        terms_spread.is_target_own,
    {%- for thing in ['quota', 'target'] %}
    case
        when not terms_spread.is_{{ thing }}_prorated then terms_spread.{{ thing }}_amount
        else
                {%- set numerator = amount_units('terms_spread.' ~ thing ~ '_amount')
                    ~ ' * terms_spread.' ~ thing ~ '_numerator + coalesce(segments_before.' ~ thing ~ '_exact, 0)' %}
                {{
                    minor_units_as_amount(
                        divide_half_up(numerator, 'terms_spread.' ~ thing ~ '_denominator')
                        ~ ' - coalesce(segments_before.' ~ thing ~ '_rounded, 0)',
                        'terms_spread.minor_unit_digits'
                    )
                }}
    end as {{ thing }}_amount{{ ',' if not loop.last }}
    {%- endfor %}
    from terms_spread
    left join segments_before
        on terms_spread.scope_number = segments_before.scope_number
),

main_terms as (
    select
        scope_number,
        quota_amount,
        target_amount
    from terms_prorated
    where is_main
)

select
    terms.scope_number,
    terms.terms_number,
    terms.plan_version,
    terms.is_main,
    -- What is credited by other terms, as the reversal of an earlier window's sale is, counts against the window's own;
    -- a target that the window's own version does not have is that of the version that the curve is of.
    case when terms.is_in_segment then terms.quota_amount else main_terms.quota_amount end as quota_amount,
    case
        when terms.is_in_segment then terms.target_amount
        else coalesce(main_terms.target_amount, terms.target_amount)
    end as target_amount,
    -- Not the amount that the plan writes: a share of the payee's, or a part of one.
    terms.is_target_own,
    coalesce(ramps.rate_ratio, cast(1 as {{ ratio_type() }})) as ramp_rate_ratio,
    case
        when not terms.is_in_segment then null
        when terms.quota_fault_text is not null then terms.quota_fault_text
        when terms.quota_amount <= 0 then 'is prorated to 0'
    end as quota_fault_text,
    case
        when not terms.is_in_segment then null
        when terms.target_fault_text is not null then terms.target_fault_text
    end as target_fault_text
from terms_prorated as terms
inner join main_terms
    on terms.scope_number = main_terms.scope_number
left join ramps
    on
        terms.rule_set_id = ramps.rule_set_id
        and terms.payee_id = ramps.payee_id
        and terms.plan_id = ramps.plan_id
        and terms.component_id = ramps.component_id
        and terms.terms_from_date >= ramps.start_date
        and terms.terms_from_date <= ramps.end_date
