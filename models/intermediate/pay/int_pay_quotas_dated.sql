-- One row a scope and stretch of days on which one quota holds in it, for rules that read a measure on a day of its
-- window. The first holds for days before it too, and the last for days after it.
with terms as (
    select
        scope_number,
        terms_number,
        is_main,
        quota_amount
    from {{ ref('int_pay_terms') }}
),

scope_terms as (
    select
        scope_number,
        terms_number,
        terms_day,
        is_in_segment
    from {{ ref('int_pay_scope_terms') }}
)

select
    terms.scope_number,
    terms.quota_amount,
    case
        when lag(scope_terms.terms_day) over terms_in_order is null then cast('1900-01-01' as date)
        else scope_terms.terms_day
    end as from_date,
    coalesce({{ add_days('lead(scope_terms.terms_day) over terms_in_order', -1) }}, {{ far_future_date() }}) as to_date
from terms
inner join scope_terms
    on
        terms.scope_number = scope_terms.scope_number
        and terms.terms_number = scope_terms.terms_number
where
    scope_terms.is_in_segment
    or terms.is_main
window terms_in_order as (
    partition by terms.scope_number
    order by scope_terms.terms_day, terms.terms_number
)
