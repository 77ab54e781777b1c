-- One row a credit, with the tier measure of its window before and after it, and the terms that curves and roundings
-- read. From the first unknown credit of a window on, rows are held and have no measure. A view: what an enrolment says
-- is written once an enrolment and not once a credit, and each reader takes the columns that it needs.
{{ config(materialized='view') }}

with measures as (
    select
        credit_number,
        scope_number,
        position,
        terms_number,
        style_code,
        share_number,
        enrolment_number,
        credit_kind_code,
        sale_code,
        is_mirror,
        period_id,
        credit_date,
        quota_credit_amount,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_running_measures') }}
),

enrolments as (
    select
        enrolment_number,
        plan_version,
        window_code,
        catch_up_code,
        payout_minor_unit_digits,
        rounding_method_code,
        rounding_scope_code
    from {{ ref('int_pay_enrolments') }}
),

held_measures as (
    select
        credit_number,
        is_measure_unknown,
        is_outside
    from {{ ref('int_pay_held_measures') }}
),

mirrors as (
    select
        credit_number,
        mirrored_amount,
        mirrored_of_amount,
        sale_credit_number,
        is_sale_held
    from {{ ref('int_pay_mirrors') }}
)

select
    measures.credit_number,
    measures.scope_number,
    measures.position,
    measures.share_number,
    measures.enrolment_number,
    enrolments.plan_version,
    measures.terms_number,
    measures.credit_kind_code,
    measures.sale_code,
    measures.is_mirror,
    mirrors.sale_credit_number,
    mirrors.mirrored_amount,
    mirrors.mirrored_of_amount,
    measures.period_id,
    enrolments.window_code,
    measures.style_code,
    enrolments.catch_up_code,
    enrolments.payout_minor_unit_digits as minor_unit_digits,
    enrolments.rounding_method_code,
    enrolments.rounding_scope_code,
    measures.credit_date,
    measures.quota_credit_amount,
    measures.pay_credit_amount,
    held_measures.credit_number is not null or coalesce(mirrors.is_sale_held, false) as is_held,
    -- A curve that calls a measure an error holds its own lines; what else reads the measure knows it.
    coalesce(held_measures.is_measure_unknown, false) as is_measure_unknown,
    coalesce(held_measures.is_outside, false) as is_outside,
    case when held_measures.credit_number is null then measures.measure_before_amount end as measure_before_amount,
    case when held_measures.credit_number is null then measures.measure_after_amount end as measure_after_amount
from measures
inner join enrolments
    on measures.enrolment_number = enrolments.enrolment_number
left join held_measures
    on measures.credit_number = held_measures.credit_number
left join mirrors
    on measures.credit_number = mirrors.credit_number
