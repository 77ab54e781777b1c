-- One row a credit, with a short key inside one run. A view, as int_pay_shares.
{{ config(materialized='view') }}

select
    {{ place_of_row() }} as credit_number,
    scope_number,
    share_number,
    enrolment_number,
    credit_kind_code,
    credit_ratio,
    taken_amount,
    quota_credit_ratio,
    pay_credit_ratio,
    credit_date,
    rate_number,
    period_id,
    quota_credit_amount,
    pay_credit_amount,
    hold_text
from {{ ref('int_pay_credits_counted') }}
