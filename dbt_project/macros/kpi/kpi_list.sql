{#-
    Every KPI once: its code, its unit, and whether it is a plain sum.

    A sum has denominator 1. Every other KPI is a sum over a sum: the figure of a team is never a mean of its payees'.
    What each one counts stands in models/marts/kpi/_kpi__docs.md.
-#}
{%- macro kpi_list() -%}
    {{
        return(
            [
                {'code': 'win_rate_by_count', 'unit': 'ratio', 'is_sum': false},
                {'code': 'win_rate_by_value', 'unit': 'ratio', 'is_sum': false},
                {'code': 'stage_conversion', 'unit': 'ratio', 'is_sum': false},
                {'code': 'lead_conversion', 'unit': 'ratio', 'is_sum': false},
                {'code': 'average_deal_value', 'unit': 'amount', 'is_sum': false},
                {'code': 'sales_cycle', 'unit': 'days', 'is_sum': false},
                {'code': 'pipeline_coverage', 'unit': 'ratio', 'is_sum': false},
                {'code': 'pipeline_velocity', 'unit': 'amount_per_day', 'is_sum': false},
                {'code': 'win_loss_ratio', 'unit': 'ratio', 'is_sum': false},
                {'code': 'customer_lifetime_value', 'unit': 'amount', 'is_sum': false},
                {'code': 'net_revenue_retention', 'unit': 'ratio', 'is_sum': false},
                {'code': 'renewal_rate', 'unit': 'ratio', 'is_sum': false},
                {'code': 'activity_count', 'unit': 'count', 'is_sum': true},
                {'code': 'new_accounts', 'unit': 'count', 'is_sum': true},
                {'code': 'won_value', 'unit': 'amount', 'is_sum': true},
                {'code': 'won_count', 'unit': 'count', 'is_sum': true},
                {'code': 'invoiced_value', 'unit': 'amount', 'is_sum': true},
            ]
        )
    }}
{%- endmacro -%}

{#- The codes of the KPIs that are plain sums, quoted for an `in` list. -#}
{%- macro kpi_sum_codes() -%}
    {%- for kpi in kpi_list() if kpi.is_sum -%}
        '{{ kpi.code }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}

{#- The unit of a KPI, from its code. -#}
{%- macro kpi_unit(kpi_code) -%}
    case {{ kpi_code }}
    {%- for kpi in kpi_list() %}
        when '{{ kpi.code }}' then '{{ kpi.unit }}'
    {%- endfor %}
    end
{%- endmacro -%}

{#- The type of a KPI's numerator and denominator: 32 digits before the point, 6 after. -#}
{%- macro kpi_part_type() -%} decimal(38, 6) {%- endmacro -%}
