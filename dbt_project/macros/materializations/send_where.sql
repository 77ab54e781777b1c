{#-
    Sends each statement whose condition holds now. All of them are logged first, for the recording of this command: on
    another night the condition of another one may hold. See openspm/recordings.py.

    Args: entries: a list of {condition: a boolean expression, statement: SQL}.
-#}
{% macro send_where(entries) %}
    {%- do log('openspm conditional statements ' ~ tojson(entries)) -%}
    {%- set conditions = [] -%}
    {%- for entry in entries -%}
        {%- do conditions.append('(' ~ entry.condition ~ ')') -%}
    {%- endfor -%}
    {%- set answers = run_query('select ' ~ conditions | join(', ')).rows[0] -%}
    {%- for entry in entries -%}
        {%- if answers[loop.index0] -%}
            {%- call statement() -%}{{ entry.statement }}{%- endcall -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
