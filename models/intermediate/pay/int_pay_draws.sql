-- One row a payee, plan, draw and pay period: what the draw makes of the pay that reaches it, and its balance. Draws of
-- a plan work in their order, each on what the one before it leaves. docs/decisions/pay_draws.md has the readings.
{%- set most_draws = 3 %}
{%- set pay = '(period.payable_amount + coalesce(before.carried_amount, 0))' %}
{%- set carried %}case when period.is_carrying then least({{ pay }}, 0) else 0 end{% endset %}
{%- set left %}({{ pay }} - {{ carried }}){% endset %}
{#- What the country profile lets a pay run reach: what clawbacks take beside the draw is their part of it. -#}
{%- set above_floor %}greatest({{ left }} - period.clawed_beside_amount - period.net_floor_amount, 0){% endset %}
{%- set owed = 'coalesce(before.balance_amount, 0)' %}
{%- set unknown = '(period.is_unknown or (before.is_held and period.is_remembering))' %}
{#- Whether an advance up to the draw, or of the draw on top, is granted at all in this period. -#}
{%- set grants %}
    (
        period.granted_amount > 0 and not period.is_final_pay
        and not (period.style_code = 'in_full' and {{ owed }} > 0 and period.is_recovering)
    )
{%- endset %}
{%- set recovered %}
    case
        when period.style_code = 'guarantee' then 0
        when not period.is_permitted then 0
        when period.is_final_pay then least({{ owed }}, period.most_by_law_amount, {{ above_floor }})
        when not period.is_recovering or (period.style_code = 'on_top' and period.granted_amount > 0) then 0
        when period.style_code = 'protected'
            then least(
                {{ owed }}, period.most_recovered_amount, period.most_by_law_amount, {{ above_floor }},
                greatest({{ left }} - period.granted_amount, 0)
            )
        else least({{ owed }}, period.most_recovered_amount, period.most_by_law_amount, {{ above_floor }})
    end
{%- endset %}
{%- set raised %}
    case
        when {{ grants }} and period.style_code = 'on_top'
            then period.granted_amount + case when period.is_raising then greatest(-{{ left }}, 0) else 0 end
        when {{ grants }} then greatest(period.granted_amount - ({{ left }} - ({{ recovered }})), 0)
        when period.is_raising then greatest(-{{ left }}, 0)
        else 0
    end
{%- endset %}
{#- Posted gross: the whole draw is advanced and the pay below it recovered, which changes no balance and no pay. -#}
{%- set gross %}
    case
        when period.is_gross and {{ grants }} then greatest(period.granted_amount - ({{ raised }}), 0)
        else 0
    end
{%- endset %}
{%- set advanced %}case when period.style_code = 'guarantee' then 0 else {{ raised }} end{% endset %}
{%- set lasting_balance %}({{ owed }} + {{ advanced }} - ({{ recovered }})){% endset %}
{%- set states = {
    'opening_amount': ['0', owed],
    'opening_carried_amount': ['0', 'coalesce(before.carried_amount, 0)'],
    'recovered_amount': ['0', '(' ~ recovered ~ ') + ' ~ gross],
    'advanced_amount': ['0', advanced ~ ' + ' ~ gross],
    'guaranteed_amount': ['0', "case when period.style_code = 'guarantee' then " ~ raised ~ ' else 0 end'],
    'forgiven_amount': ['0', 'case when period.is_forgiving then ' ~ lasting_balance ~ ' else 0 end'],
    'disbursed_amount': ['0', 'case when period.is_in_advance and ' ~ grants ~ ' then period.granted_amount else 0 end'],
    'paid_amount': ['0', left ~ ' - (' ~ recovered ~ ') + ' ~ raised],
    'carried_amount': ['0', carried],
    'balance_amount': ['max(opening_amount)', 'case when period.is_forgiving then 0 else ' ~ lasting_balance ~ ' end'],
} %}
{%- set folded_states = {'is_held': ['boolean', 'false', unknown]} %}
{%- for name, state in states.items() %}
    {%- do folded_states.update({
        name: [pay_type(), state[0], 'case when not ' ~ unknown ~ ' then ' ~ state[1] ~ ' end']
    }) %}
{%- endfor %}
{#- In whole minor units, so that no recovery leaves a fraction; clawbacks have taken their part of the most. -#}
{%- set most_by_law %}
    greatest({{ round_to_minor_unit('most_taken_amount', 'minor_unit_digits', "'down'") }} - recovered_amount, 0)
{%- endset %}
{%- set inputs = {
    'period_id': ['varchar', 'period_id'],
    'payable_amount': [pay_type(), 'payable_amount'],
    'granted_amount': [pay_type(), 'granted_amount'],
    'most_recovered_amount': [pay_type(), 'coalesce(most_recovered_amount, 1000000000000000000000000)'],
    'most_by_law_amount': [pay_type(), most_by_law],
    'clawed_beside_amount': [pay_type(), 'clawed_beside_amount'],
    'net_floor_amount': [pay_type(), 'coalesce(net_floor_amount, 0)'],
    'style_code': ['varchar', 'style_code'],
    'is_permitted': ['boolean', 'is_permitted'],
    'is_recovering': ['boolean', 'is_recovering'],
    'is_final_pay': ['boolean', "is_last and end_code = 'final_pay' and style_code <> 'guarantee'"],
    'is_forgiving': ['boolean', "is_last and end_code = 'forgiven'"],
    'is_carrying': ['boolean', "is_lasting and negative_code = 'carried'"],
    'is_raising': ['boolean', "is_lasting and negative_code = 'topped_up' and style_code <> 'guarantee'"],
    'is_gross': ['boolean', "posting_code = 'gross' and style_code not in ('guarantee', 'on_top')"],
    'is_in_advance': ['boolean', "disbursement_code = 'in_advance'"],
    'is_remembering': ['boolean', "style_code <> 'guarantee' or negative_code = 'carried'"],
    'is_unknown': ['boolean', 'payable_amount is null or hold_text is not null'],
} %}
with terms as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        calendar_id,
        period_id,
        start_date,
        end_date,
        currency_code,
        draw_id,
        draw_order,
        style_code,
        plan_granted_amount,
        granted_amount,
        plan_currency_code,
        rate_date,
        rate_kind_code,
        rate_direction_code,
        exchange_rate,
        inverse_rate,
        is_last,
        is_lasting,
        is_recovering,
        is_permitted,
        most_recovered_amount,
        most_per_run_ratio,
        net_floor_amount,
        adjustments_code,
        disbursement_code,
        negative_code,
        posting_code,
        end_code,
        opening_amount,
        minor_unit_digits,
        hold_text
    from {{ ref('int_pay_draw_terms') }}
),

totals as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        payable_amount,
        adjustment_amount,
        recovered_amount
    from {{ ref('int_pay_totals') }}
),

periods_with_draws as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        period_id,
        min(adjustments_code) as adjustments_code
    from terms
    group by rule_set_id, payee_id, plan_id, period_id
),

pay_before_draw_1 as (
    select
        periods_with_draws.rule_set_id,
        periods_with_draws.payee_id,
        periods_with_draws.plan_id,
        periods_with_draws.period_id,
        totals.recovered_amount,
        case periods_with_draws.adjustments_code
            when 'feed' then cast(0 as {{ pay_type() }})
            else totals.recovered_amount
        end as clawed_beside_amount,
        case periods_with_draws.adjustments_code
            when 'feed' then totals.payable_amount
            else totals.payable_amount - totals.adjustment_amount + totals.recovered_amount
        end as payable_amount
    from periods_with_draws
    inner join totals
        on
            periods_with_draws.rule_set_id = totals.rule_set_id
            and periods_with_draws.payee_id = totals.payee_id
            and periods_with_draws.plan_id = totals.plan_id
            and periods_with_draws.period_id = totals.period_id
),

{%- for number in range(1, most_draws + 1) %}

draw_{{ number }}_given as (
    select
        terms.rule_set_id,
        terms.payee_id,
        terms.plan_id,
        terms.period_id,
        terms.start_date,
        terms.draw_id,
        terms.style_code,
        terms.granted_amount,
        terms.is_last,
        terms.is_lasting,
        terms.is_recovering,
        terms.is_permitted,
        terms.most_recovered_amount,
        terms.net_floor_amount,
        terms.disbursement_code,
        terms.negative_code,
        terms.posting_code,
        terms.end_code,
        terms.opening_amount,
        terms.hold_text,
        pay_before.payable_amount,
        pay_before.clawed_beside_amount,
        pay_before.recovered_amount,
        terms.minor_unit_digits,
        cast({{ multiply_exact(
            'greatest('
                ~ 'pay_before.payable_amount + pay_before.recovered_amount - pay_before.clawed_beside_amount, 0'
                ~ ')',
            'coalesce(terms.most_per_run_ratio, 1)'
        ) }} as {{ pay_type() }}) as most_taken_amount
    from terms
    inner join pay_before_draw_{{ number }} as pay_before
        on
            terms.rule_set_id = pay_before.rule_set_id
            and terms.payee_id = pay_before.payee_id
            and terms.plan_id = pay_before.plan_id
            and terms.period_id = pay_before.period_id
    where terms.draw_order = {{ number }}
),

draw_{{ number }}_folded as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        {{ unnest_rows(fold_periods('start_date', inputs, folded_states)) }} as folded
    from draw_{{ number }}_given
    group by rule_set_id, payee_id, plan_id, draw_id
),

draw_{{ number }} as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        {{ struct_field('folded', 'period_id') }} as period_id,
        {{ struct_field('folded', 'payable_amount') }} as payable_amount,
        {{ struct_field('folded', 'granted_amount') }} as granted_amount,
        {{ struct_field('folded', 'style_code') }} as style_code,
        {%- for name in states %}
        {{ struct_field('folded', name) }} as {{ name }},
        {%- endfor %}
        {{ struct_field('folded', 'is_held') }} as is_held
    from draw_{{ number }}_folded
    where {{ struct_field('folded', 'period_id') }} is not null
),

{%- if number < most_draws %}

pay_before_draw_{{ number + 1 }} as (
    select
        pay_before.rule_set_id,
        pay_before.payee_id,
        pay_before.plan_id,
        pay_before.period_id,
        pay_before.recovered_amount,
        pay_before.clawed_beside_amount,
        case
            when draw_{{ number }}.period_id is null then pay_before.payable_amount
            else draw_{{ number }}.paid_amount
        end as payable_amount
    from pay_before_draw_{{ number }} as pay_before
    left join draw_{{ number }}
        on
            pay_before.rule_set_id = draw_{{ number }}.rule_set_id
            and pay_before.payee_id = draw_{{ number }}.payee_id
            and pay_before.plan_id = draw_{{ number }}.plan_id
            and pay_before.period_id = draw_{{ number }}.period_id
),
{%- endif %}
{%- endfor %}

draws as (
    {%- for number in range(1, most_draws + 1) %}
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        {{ number }} as draw_order,
        period_id,
        style_code,
        granted_amount,
        payable_amount,
        {%- for name in states %}
        {{ name }},
        {%- endfor %}
        is_held
    from draw_{{ number }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    draws.rule_set_id,
    draws.payee_id,
    draws.plan_id,
    terms.plan_version,
    terms.calendar_id,
    terms.start_date,
    terms.end_date,
    terms.currency_code,
    draws.draw_id,
    draws.draw_order,
    draws.period_id,
    draws.style_code,
    terms.plan_granted_amount,
    draws.granted_amount,
    terms.plan_currency_code,
    terms.rate_date,
    terms.rate_kind_code,
    terms.rate_direction_code,
    terms.exchange_rate,
    terms.inverse_rate,
    draws.payable_amount,
    {%- for name in states %}
    draws.{{ name }},
    {%- endfor %}
    terms.adjustments_code,
    -- What it leaves is to be paid.
    draws.draw_order = max(draws.draw_order) over (
        partition by draws.rule_set_id, draws.payee_id, draws.plan_id, draws.period_id
    ) as is_last_draw,
    draws.is_held,
    case
        when draws.is_held
            then coalesce(terms.hold_text, 'the pay of the period, or the balance that it begins with, is held')
    end as hold_text
from draws
inner join terms
    on
        draws.rule_set_id = terms.rule_set_id
        and draws.payee_id = terms.payee_id
        and draws.plan_id = terms.plan_id
        and draws.draw_id = terms.draw_id
        and draws.period_id = terms.period_id
