-- One row a line and slice of a curve: what a credit earns, and the factors of it. A family of styles has a model of
-- its own; here they stand together.
{{ config(materialized='view') }}

{%- for style in [
    'fixed', 'marginal', 'path', 'retroactive', 'pointwise', 'returned', 'mirrored', 'interim', 'matrix',
] %}
select
    {{ slice_columns() }}
from {{ ref('int_pay_curves_' ~ style) }}
{%- if style == 'matrix' %}
where trace_kind_code <> 'cell'
{%- endif %}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
