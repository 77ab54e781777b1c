-- One row a posting that a cancelled contract adds to the lines of its sale, by kind and day: first what is not yet
-- payable is cancelled, then what is held, then what no pay run has paid, and the rest is clawed back. What is
-- triggered or released later is cut to what is left: rows of a line, kind and day are added to its own postings.
{%- set kept = ['became_payable', 'held', 'forfeited'] %}
{%- set let_go = ['released', 'forfeited_held'] %}
with cancellations as (
    select
        rule_set_id,
        sale_line_id,
        payee_id,
        plan_id,
        component_id,
        sale_kind_code,
        sale_id,
        clawback_date,
        period_id,
        is_unknown,
        share_numerator,
        share_denominator,
        minor_unit_digits,
        rounding_method_code
    from {{ ref('int_pay_cancellations') }}
),

waiting_lines as (
    select
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        currency_code,
        event_id,
        sale_kind_code,
        sale_id,
        line_date,
        earned_amount
    from {{ ref('int_pay_waiting_lines') }}
    where event_id is not null
),

entries as (
    select
        rule_set_id,
        line_id,
        period_id,
        entry_date,
        entry_kind_code,
        entry_amount,
        is_held
    from {{ ref('int_pay_waiting_entries') }}
),

-- Lines up to the day of the cancellation are one sum; a later one, such as a re-rate, is cut by itself.
lines_cancelled as (
    select
        waiting_lines.rule_set_id,
        waiting_lines.line_id,
        cancellations.sale_line_id,
        cancellations.clawback_date,
        cancellations.period_id as clawback_period_id,
        cancellations.is_unknown,
        cancellations.share_numerator,
        cancellations.share_denominator,
        waiting_lines.payee_id,
        waiting_lines.plan_id,
        waiting_lines.component_id,
        waiting_lines.calendar_id,
        waiting_lines.period_id,
        waiting_lines.currency_code,
        waiting_lines.event_id,
        waiting_lines.line_date,
        waiting_lines.earned_amount,
        cancellations.minor_unit_digits,
        cancellations.rounding_method_code,
        waiting_lines.line_date > cancellations.clawback_date as is_later,
        case
            when waiting_lines.line_date > cancellations.clawback_date then waiting_lines.line_id
            else cancellations.sale_line_id
        end as cut_line_id
    from waiting_lines
    inner join cancellations
        on
            waiting_lines.rule_set_id = cancellations.rule_set_id
            and waiting_lines.payee_id = cancellations.payee_id
            and waiting_lines.plan_id = cancellations.plan_id
            and waiting_lines.component_id = cancellations.component_id
            and waiting_lines.sale_kind_code = cancellations.sale_kind_code
            and waiting_lines.sale_id = cancellations.sale_id
),

entries_cancelled as (
    select
        lines.rule_set_id,
        lines.line_id,
        lines.sale_line_id,
        lines.cut_line_id,
        lines.is_later,
        lines.clawback_date,
        lines.clawback_period_id,
        entries.period_id,
        entries.entry_date,
        entries.entry_kind_code,
        case when lines.is_later and lines.earned_amount < 0 then -1 else 1 end as sign_number,
        entries.entry_amount,
        max(case when entries.is_held or lines.is_unknown then 1 else 0 end) over (
            partition by lines.rule_set_id, lines.sale_line_id
        ) = 1 as is_unknown
    from lines_cancelled as lines
    inner join entries
        on
            lines.rule_set_id = entries.rule_set_id
            and lines.line_id = entries.line_id
),

sums_before as (
    select
        rule_set_id,
        sale_line_id,
        cut_line_id,
        {%- for name, kinds in [
            ('earned', ['earned', 'rerate']), ('kept', kept), ('held', ['held']), ('let_go', let_go),
        ] %}
        sum(case when {{ is_entry_of(kinds) }} then entry_amount else 0 end) as {{ name }}_amount,
        {%- endfor %}
        sum(
            case
                when entry_kind_code in ('became_payable', 'released') and period_id = clawback_period_id
                    then entry_amount
                else 0
            end
        ) as unpaid_amount
    from entries_cancelled
    where not is_later and entry_date <= clawback_date and not is_unknown
    group by rule_set_id, sale_line_id, cut_line_id
),

amounts_taken as (
    select
        sums_before.rule_set_id,
        sums_before.sale_line_id,
        greatest(least(
            {{ share_taken_back('sums_before.earned_amount') }},
            sums_before.earned_amount
        ), 0) as taken_amount,
        greatest(sums_before.earned_amount - sums_before.kept_amount, 0) as open_amount,
        greatest(sums_before.held_amount - sums_before.let_go_amount, 0) as held_amount,
        greatest(sums_before.unpaid_amount, 0) as unpaid_amount
    from sums_before
    inner join cancellations
        on
            sums_before.rule_set_id = cancellations.rule_set_id
            and sums_before.sale_line_id = cancellations.sale_line_id
),

amounts_spread as (
    select
        rule_set_id,
        sale_line_id,
        open_amount,
        held_amount,
        least(taken_amount, open_amount) as cancelled_amount,
        least(greatest(taken_amount - open_amount, 0), held_amount) as cancelled_held_amount,
        least(greatest(taken_amount - open_amount - held_amount, 0), unpaid_amount) as cancelled_unpaid_amount,
        greatest(taken_amount - open_amount - held_amount - unpaid_amount, 0) as clawback_amount
    from amounts_taken
),

later_lines as (
    select
        rule_set_id,
        line_id,
        line_date,
        case when earned_amount < 0 then -1 else 1 end as sign_number,
        earned_amount,
        {{ share_taken_back('earned_amount') }} as cancelled_amount
    from lines_cancelled
    where is_later and earned_amount is not null
),

amounts_left as (
    select
        rule_set_id,
        sale_line_id as cut_line_id,
        open_amount - cancelled_amount as left_amount,
        held_amount - cancelled_held_amount as held_left_amount
    from amounts_spread
    union all
    select
        rule_set_id,
        line_id as cut_line_id,
        sign_number * (earned_amount - cancelled_amount) as left_amount,
        0 as held_left_amount
    from later_lines
),

steps as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        {%- for kind in kept + let_go %}
        sum(case when entry_kind_code = '{{ kind }}' then sign_number * entry_amount else 0 end) as {{ kind }}_amount,
        {%- endfor %}
        max(sign_number) as sign_number
    from entries_cancelled
    where
        not is_unknown
        and (is_later or entry_date > clawback_date)
        and {{ is_entry_of(kept + let_go) }}
    group by rule_set_id, cut_line_id, period_id, entry_date
),

steps_to_date as (
    select
        steps.rule_set_id,
        steps.cut_line_id,
        steps.period_id,
        steps.entry_date,
        steps.sign_number,
        {%- for kind in kept + let_go %}
        steps.{{ kind }}_amount,
        {%- endfor %}
        amounts_left.left_amount,
        amounts_left.held_left_amount,
        steps.became_payable_amount + steps.held_amount + steps.forfeited_amount as kept_amount,
        steps.released_amount + steps.forfeited_held_amount as let_go_amount,
        sum(steps.became_payable_amount + steps.held_amount + steps.forfeited_amount) over (
            partition by steps.rule_set_id, steps.cut_line_id
            order by steps.entry_date
            rows between unbounded preceding and current row
        ) as kept_to_date_amount,
        sum(steps.released_amount + steps.forfeited_held_amount) over (
            partition by steps.rule_set_id, steps.cut_line_id
            order by steps.entry_date
            rows between unbounded preceding and current row
        ) as let_go_to_date_amount
    from steps
    inner join amounts_left
        on
            steps.rule_set_id = amounts_left.rule_set_id
            and steps.cut_line_id = amounts_left.cut_line_id
),

steps_cut as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        sign_number,
        became_payable_amount,
        held_amount,
        released_amount,
        held_left_amount,
        let_go_amount,
        let_go_to_date_amount,
        kept_amount - (
            least(kept_to_date_amount, left_amount) - least(kept_to_date_amount - kept_amount, left_amount)
        ) as cut_amount
    from steps_to_date
),

held_cut as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        sign_number,
        became_payable_amount,
        held_amount,
        released_amount,
        held_left_amount,
        let_go_amount,
        let_go_to_date_amount,
        cut_amount,
        {{ as_much_as_there_is('cut_amount', 'held_amount') }} as held_cut_amount
    from steps_cut
),

held_to_date as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        sign_number,
        became_payable_amount,
        held_amount,
        released_amount,
        let_go_amount,
        let_go_to_date_amount,
        cut_amount,
        held_cut_amount,
        {{ as_much_as_there_is('(cut_amount - held_cut_amount)', 'became_payable_amount') }}
            as became_payable_cut_amount,
        held_left_amount + sum(held_amount - held_cut_amount) over (
            partition by rule_set_id, cut_line_id
            order by entry_date
            rows between unbounded preceding and current row
        ) as held_to_date_amount
    from held_cut
),

let_go_cut as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        sign_number,
        released_amount,
        cut_amount,
        held_cut_amount,
        became_payable_cut_amount,
        let_go_amount - (
            least(let_go_to_date_amount, held_to_date_amount)
            - least(let_go_to_date_amount - let_go_amount, held_to_date_amount - (held_amount - held_cut_amount))
        ) as let_go_cut_amount
    from held_to_date
),

postings as (
    {%- for kind in ['cancelled', 'cancelled_held', 'cancelled_unpaid', 'clawback'] %}
    select
        amounts_spread.rule_set_id,
        amounts_spread.sale_line_id as line_id,
        cancellations.period_id,
        cancellations.clawback_date as entry_date,
        '{{ kind }}' as entry_kind_code,
        amounts_spread.{{ kind }}_amount as entry_amount,
        false as is_held,
        'the contract was cancelled within the window' as cause_text
    from amounts_spread
    inner join cancellations
        on
            amounts_spread.rule_set_id = cancellations.rule_set_id
            and amounts_spread.sale_line_id = cancellations.sale_line_id
    union all
    {%- endfor %}
    select
        later_lines.rule_set_id,
        later_lines.line_id,
        lines_cancelled.period_id,
        later_lines.line_date as entry_date,
        'cancelled' as entry_kind_code,
        later_lines.cancelled_amount as entry_amount,
        false as is_held,
        'the contract was cancelled within the window' as cause_text
    from later_lines
    inner join lines_cancelled
        on
            later_lines.rule_set_id = lines_cancelled.rule_set_id
            and later_lines.line_id = lines_cancelled.line_id
    {%- for kind, amount in [
        ('held', 'held_cut_amount'),
        ('became_payable', 'became_payable_cut_amount'),
        ('forfeited', '(cut_amount - held_cut_amount - became_payable_cut_amount)'),
        ('released', as_much_as_there_is('let_go_cut_amount', 'released_amount')),
        ('forfeited_held', '(let_go_cut_amount - ' ~ as_much_as_there_is('let_go_cut_amount', 'released_amount') ~ ')'),
    ] %}
    union all
    select
        rule_set_id,
        cut_line_id as line_id,
        period_id,
        entry_date,
        '{{ kind }}' as entry_kind_code,
        -sign_number * {{ amount }} as entry_amount,
        false as is_held,
        cast(null as {{ dbt.type_string() }}) as cause_text
    from let_go_cut
    {%- endfor %}
    union all
    select distinct
        rule_set_id,
        sale_line_id as line_id,
        clawback_period_id as period_id,
        clawback_date as entry_date,
        'clawback' as entry_kind_code,
        cast(null as {{ pay_type() }}) as entry_amount,
        true as is_held,
        'held: what a cancelled contract takes back of the sale is unknown' as cause_text
    from entries_cancelled
    where is_unknown
    union all
    select
        rule_set_id,
        line_id,
        period_id,
        entry_date,
        entry_kind_code,
        cast(null as {{ pay_type() }}) as entry_amount,
        true as is_held,
        'held: what a cancelled contract takes back of the sale is unknown' as cause_text
    from entries_cancelled
    where is_unknown and entry_date > clawback_date and entry_kind_code in ('became_payable', 'released')
)

select
    postings.rule_set_id,
    postings.entry_kind_code || ':' || postings.line_id || ':'
    || cast(postings.entry_date as {{ dbt.type_string() }}) as entry_id,
    lines_cancelled.payee_id,
    lines_cancelled.plan_id,
    lines_cancelled.component_id,
    lines_cancelled.calendar_id,
    postings.period_id,
    postings.entry_date,
    postings.entry_kind_code,
    cast(postings.entry_amount as {{ pay_type() }}) as entry_amount,
    lines_cancelled.currency_code,
    postings.line_id,
    lines_cancelled.event_id,
    postings.cause_text,
    postings.is_held
from postings
inner join lines_cancelled
    on
        postings.rule_set_id = lines_cancelled.rule_set_id
        and postings.line_id = lines_cancelled.line_id
where postings.is_held or postings.entry_amount <> 0
