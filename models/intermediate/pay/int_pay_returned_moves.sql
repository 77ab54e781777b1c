-- One row a move by which a return takes its sale out of its own window, where later terms went on with that window:
-- the stretch under the terms of the sale ends as much earlier, and each later stretch begins and ends as much lower.
-- What all moves of a return earn together is what the window earns less without what was returned. Rows only for such
-- returns: without a change of terms a return is one step back from where the window stands.
with scopes_of_several_terms as (
    select scope_number
    from {{ ref('int_pay_running_measures') }}
    where sale_code = ''
    group by scope_number
    having min(terms_number) <> max(terms_number)
),

-- What a gate locks of tiers alone is read at the one step of a line.
locked_scopes as (
    select distinct ruled_scopes.scope_number
    from {{ ref('int_pay_ruled_scopes') }} as ruled_scopes
    inner join {{ ref('stg_planning__component_gates') }} as gates
        on
            ruled_scopes.rule_set_id = gates.rule_set_id
            and ruled_scopes.plan_id = gates.plan_id
            and ruled_scopes.component_id = gates.component_id
    where gates.locked_tier_number is not null
),

credits as (
    select
        measures.credit_number,
        measures.scope_number,
        measures.position,
        measures.terms_number,
        measures.style_code,
        measures.quota_credit_amount,
        measures.pay_credit_amount,
        measures.measure_before_amount
    from {{ ref('int_pay_measures') }} as measures
    inner join scopes_of_several_terms
        on measures.scope_number = scopes_of_several_terms.scope_number
    left join locked_scopes
        on measures.scope_number = locked_scopes.scope_number
    where
        not measures.is_held
        and locked_scopes.scope_number is null
),

credits_named as (
    select
        credits.credit_number,
        named.rule_set_id,
        named.event_id,
        named.credit_id,
        named.origin_event_id,
        named.sale_credit_id,
        named.is_reversal,
        named.is_reversal and named.reversal_window_code = 'origin' as is_return
    from {{ ref('int_pay_credits_named') }} as named
    inner join credits
        on named.credit_number = credits.credit_number
),

-- A stretch of sales under one set of terms, and the measure at which it begins.
sales as (
    select
        credits.scope_number,
        credits.position,
        credits.terms_number,
        credits.style_code,
        credits.measure_before_amount,
        coalesce(
            lag(credits.terms_number) over (
                partition by credits.scope_number
                order by credits.position
            ) <> credits.terms_number,
            true
        ) as is_first
    from credits
    left join credits_named
        on credits.credit_number = credits_named.credit_number
    where not coalesce(credits_named.is_reversal, false)
),

stretches as (
    select
        scope_number,
        terms_number,
        style_code,
        position as first_position,
        measure_before_amount as start_amount,
        row_number() over stretches_of_scope as stretch_number,
        lead(position) over stretches_of_scope as next_position
    from sales
    where is_first
    window stretches_of_scope as (
        partition by scope_number
        order by position
    )
),

returns as (
    select
        returned.credit_number,
        returned.scope_number,
        returned.position,
        returned.terms_number,
        returned.quota_credit_amount,
        returned.pay_credit_amount,
        returned.measure_before_amount,
        stretches.stretch_number
    from credits as returned
    inner join credits_named as returns_named
        on returned.credit_number = returns_named.credit_number
    inner join credits_named as sales_named
        on
            returns_named.rule_set_id = sales_named.rule_set_id
            and returns_named.origin_event_id = sales_named.event_id
            and returns_named.sale_credit_id = sales_named.credit_id
    inner join credits as sold
        on
            sales_named.credit_number = sold.credit_number
            and returned.scope_number = sold.scope_number
            and returned.position > sold.position
    inner join stretches
        on
            sold.scope_number = stretches.scope_number
            and sold.position >= stretches.first_position
            and sold.position < coalesce(stretches.next_position, sold.position + 1)
    where
        returns_named.is_return
        and not sales_named.is_reversal
),

-- What was returned before of sales before a stretch, and after it began, has lowered its beginning since.
stretches_of_returns as (
    select
        returns.credit_number,
        returns.scope_number,
        returns.position,
        returns.quota_credit_amount,
        returns.measure_before_amount,
        returns.stretch_number as sale_stretch_number,
        stretches.stretch_number,
        stretches.terms_number,
        stretches.style_code,
        case when returns.terms_number = stretches.terms_number then returns.pay_credit_amount else 0 end
            as pay_credit_amount,
        stretches.start_amount,
        coalesce(
            sum(case when returns.stretch_number < stretches.stretch_number then returns.quota_credit_amount else 0 end)
                over (
                    partition by returns.scope_number, stretches.stretch_number
                    order by returns.position
                    rows between unbounded preceding and 1 preceding
                ),
            0
        ) as returned_amount
    from returns
    inner join stretches
        on
            returns.scope_number = stretches.scope_number
            and returns.stretch_number <= stretches.stretch_number
            and returns.position > stretches.first_position
),

stretches_with_ends as (
    select
        credit_number,
        scope_number,
        position,
        quota_credit_amount,
        sale_stretch_number,
        stretch_number,
        terms_number,
        style_code,
        pay_credit_amount,
        start_amount + returned_amount as start_amount,
        coalesce(
            lead(start_amount + returned_amount) over stretches_of_return, measure_before_amount
        ) as end_amount,
        max(stretch_number) over (partition by credit_number) as last_stretch_number,
        max(stretch_number) over (partition by credit_number, terms_number) as last_of_terms_number
    from stretches_of_returns
    window stretches_of_return as (
        partition by credit_number
        order by stretch_number
    )
),

moves as (
    {%- for point in ['end', 'start'] %}
    select
        credit_number,
        scope_number,
        position,
        stretch_number,
        terms_number,
        style_code,
        pay_credit_amount,
        '{{ point }}' as point_code,
        {%- if point == 'end' %}
        stretch_number = last_of_terms_number as is_last_of_terms,
        end_amount as from_amount,
        end_amount + quota_credit_amount as to_amount
        {%- else %}
        false as is_last_of_terms,
        start_amount + quota_credit_amount as from_amount,
        start_amount as to_amount
        {%- endif %}
    from stretches_with_ends
    where
        last_stretch_number > sale_stretch_number
        {%- if point == 'start' %}
        and stretch_number > sale_stretch_number
        {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    credit_number,
    scope_number,
    position,
    stretch_number,
    terms_number,
    style_code,
    pay_credit_amount,
    point_code,
    is_last_of_terms,
    cast(from_amount as {{ pay_type() }}) as measure_before_amount,
    cast(to_amount as {{ pay_type() }}) as measure_after_amount
from moves
