-- One row a scope, set of terms and tier, with bounds in amounts: 110 % of a quota is the amount 1.1 x quota. Lines
-- then compare amounts with amounts and nothing is divided. A measure that is itself a ratio has ratios as bounds.
with scopes as (
    select
        scope_number,
        rule_set_id,
        plan_id,
        component_id
    from {{ ref('int_pay_scopes') }}
),

terms as (
    select
        scope_number,
        terms_number,
        plan_version,
        quota_amount,
        target_amount,
        ramp_rate_ratio
    from {{ ref('int_pay_terms') }}
),

prorations as (
    select
        scope_number,
        numerator_count,
        denominator_count
    from {{ ref('int_pay_prorations') }}
    where are_bounds_prorated
),

components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        style_code,
        domain_code,
        boundary_code,
        excess_over_amount,
        excess_over_ratio
    from {{ ref('stg_planning__components') }}
),

tiers as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        tier_number,
        cell_number,
        lower_bound_amount,
        upper_bound_amount,
        lower_bound_ratio,
        upper_bound_ratio,
        is_extended_below,
        is_extended_above,
        lower_boundary_code,
        upper_boundary_code,
        is_outside,
        rate_ratio,
        lower_pay_amount,
        upper_pay_amount,
        lower_pay_ratio,
        upper_pay_ratio
    from {{ ref('stg_planning__tiers') }}
),

tiers_in_amounts as (
    select
        scopes.scope_number,
        terms.terms_number,
        tiers.tier_number,
        tiers.cell_number,
        coalesce(tiers.lower_boundary_code, components.boundary_code, 'upper') = 'upper' as is_lower_included,
        coalesce(tiers.upper_boundary_code, components.boundary_code, 'upper') = 'lower' as is_upper_included,
        coalesce(tiers.is_outside, false) as is_outside,
        coalesce(
            cast(components.excess_over_amount as {{ pay_type() }}),
            cast(
                {{
                    multiply_exact('cast(terms.quota_amount as ' ~ pay_type() ~ ')', 'components.excess_over_ratio')
                }}
                as {{ pay_type() }}
            )
        ) as excess_over_amount,
        tiers.is_extended_below,
        tiers.is_extended_above,
        case
            when components.domain_code = 'attainment'
                then cast(
                        {{
                            multiply_exact('cast(terms.quota_amount as ' ~ pay_type() ~ ')', 'tiers.lower_bound_ratio')
                        }}
                        as {{ pay_type() }}
                    )
            when prorations.scope_number is not null
                then
                    {{
                        prorated_amount(
                            'tiers.lower_bound_amount', 'prorations.numerator_count', 'prorations.denominator_count'
                        )
                    }}
            else cast(coalesce(tiers.lower_bound_amount, tiers.lower_bound_ratio) as {{ pay_type() }})
        end as lower_bound_amount,
        case
            when components.domain_code = 'attainment'
                then cast(
                        {{
                            multiply_exact('cast(terms.quota_amount as ' ~ pay_type() ~ ')', 'tiers.upper_bound_ratio')
                        }}
                        as {{ pay_type() }}
                    )
            when prorations.scope_number is not null
                then
                    {{
                        prorated_amount(
                            'tiers.upper_bound_amount', 'prorations.numerator_count', 'prorations.denominator_count'
                        )
                    }}
            else cast(coalesce(tiers.upper_bound_amount, tiers.upper_bound_ratio) as {{ pay_type() }})
        end as upper_bound_amount,
        tiers.rate_ratio,
        terms.ramp_rate_ratio,
        coalesce(
            cast(tiers.lower_pay_amount as {{ pay_type() }}),
            cast(
                {{ multiply_exact('cast(terms.target_amount as ' ~ pay_type() ~ ')', 'tiers.lower_pay_ratio') }}
                as {{ pay_type() }}
            )
        ) as lower_pay_amount,
        coalesce(
            cast(tiers.upper_pay_amount as {{ pay_type() }}),
            cast(
                {{ multiply_exact('cast(terms.target_amount as ' ~ pay_type() ~ ')', 'tiers.upper_pay_ratio') }}
                as {{ pay_type() }}
            )
        ) as upper_pay_amount
    from scopes
    inner join terms
        on scopes.scope_number = terms.scope_number
    inner join components
        on
            scopes.rule_set_id = components.rule_set_id
            and scopes.plan_id = components.plan_id
            and terms.plan_version = components.plan_version
            and scopes.component_id = components.component_id
    inner join tiers
        on
            components.rule_set_id = tiers.rule_set_id
            and components.plan_id = tiers.plan_id
            and components.plan_version = tiers.plan_version
            and components.component_id = tiers.component_id
    left join prorations
        on scopes.scope_number = prorations.scope_number
    where components.domain_code = 'amount' or terms.quota_amount is not null
)

select
    scope_number,
    terms_number,
    tier_number,
    cell_number,
    is_lower_included,
    is_upper_included,
    is_outside,
    excess_over_amount,
    lower_bound_amount,
    upper_bound_amount,
    -- Where the tier really begins and ends: an extended segment keeps its two points and covers what lies beyond.
    case
        when
            is_extended_below or lower_bound_amount is null
            then cast(-1000000000000000000000000 as {{ pay_type() }})
        else lower_bound_amount
    end as covers_from_amount,
    case
        when
            is_extended_above or upper_bound_amount is null
            then cast(1000000000000000000000000 as {{ pay_type() }})
        else upper_bound_amount
    end as covers_to_amount,
    -- In a ramp every rate or pay of the curve is a share of itself.
    case
        when ramp_rate_ratio = 1 then rate_ratio
        else cast(
                {{ multiply_exact('cast(rate_ratio as ' ~ pay_type() ~ ')', 'ramp_rate_ratio') }}
                as {{ ratio_type() }}
            )
    end as rate_ratio,
    case
        when ramp_rate_ratio = 1 then lower_pay_amount
        else cast(
                {{ multiply_exact('cast(lower_pay_amount as ' ~ pay_type() ~ ')', 'ramp_rate_ratio') }}
                as {{ pay_type() }}
            )
    end as lower_pay_amount,
    case
        when ramp_rate_ratio = 1 then upper_pay_amount
        else cast(
                {{ multiply_exact('cast(upper_pay_amount as ' ~ pay_type() ~ ')', 'ramp_rate_ratio') }}
                as {{ pay_type() }}
            )
    end as upper_pay_amount
from tiers_in_amounts
