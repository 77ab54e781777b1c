-- One row an event and user with a part in it, with a short key inside one run. A view: the key is the row's place in
-- its table, which is neither computed nor written.
{{ config(materialized='view') }}

select
    {{ place_of_row() }} as share_number,
    event_order,
    event_kind_code,
    event_id,
    event_class_code,
    origin_event_id,
    event_date,
    origin_date,
    event_amount,
    event_count,
    origin_amount,
    event_currency_code,
    opportunity_id,
    invoice_id,
    is_source_held,
    payee_id,
    share_kind_code,
    share_ratio,
    split_total_ratio,
    share_amount
from {{ ref('int_pay_events_shared') }}
