-- One row a posting that a cancelled contract adds to the lines of its sale, by kind and day: first what is not yet
-- payable is cancelled, then what is held, then what no pay run has paid, and the rest is clawed back. What is earned,
-- triggered or released later is cut to what is left: rows of a line, kind and day are added to its own postings.
-- What a successor takes over is cut with what is passed on.
{%- set kept = ['became_payable', 'held', 'passed_on', 'forfeited'] %}
{%- set let_go = ['released', 'passed_on_held', 'forfeited_held'] %}
{%- set earnings = ['became_earned', 'advanced'] %}
with cuts as (
    select
        rule_set_id,
        cut_line_id,
        sale_line_id,
        payee_id,
        is_successor,
        is_later,
        is_unknown,
        is_earned_later,
        sign_number,
        cancelled_credited_amount,
        cancelled_advance_amount,
        cancelled_amount,
        cancelled_held_amount,
        cancelled_unpaid_amount,
        clawback_amount,
        left_amount,
        held_left_amount,
        unearned_left_amount,
        balance_amount,
        advanced_left_amount
    from {{ ref('int_pay_clawback_cuts') }}
),

lines_cancelled as (
    select
        rule_set_id,
        line_id,
        sale_line_id,
        cut_line_id,
        clawback_date,
        clawback_period_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        currency_code,
        event_id,
        line_date,
        is_later
    from {{ ref('int_pay_cancelled_lines') }}
),

entries as (
    select
        rule_set_id,
        line_id,
        payee_id,
        period_id,
        entry_date,
        entry_kind_code,
        entry_amount
    from {{ ref('int_pay_waiting_entries') }}
    where {{ is_entry_of(kept + let_go + earnings + ['taken_over']) }}
),

-- What is triggered or released after the day of the cancellation, and of later lines.
entries_later as (
    select
        lines.rule_set_id,
        lines.line_id,
        lines.cut_line_id,
        lines.is_later,
        lines.clawback_date,
        entries.payee_id,
        entries.period_id,
        entries.entry_date,
        entries.entry_kind_code,
        entries.entry_amount,
        cuts.sign_number,
        cuts.left_amount,
        cuts.held_left_amount,
        cuts.unearned_left_amount,
        cuts.balance_amount,
        cuts.advanced_left_amount,
        cuts.is_earned_later,
        cuts.is_unknown
    from lines_cancelled as lines
    inner join entries
        on
            lines.rule_set_id = entries.rule_set_id
            and lines.line_id = entries.line_id
    inner join cuts
        on
            lines.rule_set_id = cuts.rule_set_id
            and lines.cut_line_id = cuts.cut_line_id
            and not cuts.is_successor
    where lines.is_later or entries.entry_date > lines.clawback_date
),

steps as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        {%- for kind in kept + let_go + earnings %}
        sum(case when entry_kind_code = '{{ kind }}' then sign_number * entry_amount else 0 end) as {{ kind }}_amount,
        {%- endfor %}
        max(case when entry_kind_code = 'taken_over' then payee_id end) as successor_payee_id,
        max(sign_number) as sign_number,
        max(left_amount) as left_amount,
        max(held_left_amount) as held_left_amount,
        max(unearned_left_amount) as unearned_left_amount,
        max(balance_amount) as balance_amount,
        max(advanced_left_amount) as advanced_left_amount,
        max(case when is_earned_later then 1 else 0 end) = 1 as is_earned_later
    from entries_later
    where not is_unknown
    group by rule_set_id, cut_line_id, period_id, entry_date
),

{%- set steps_so_far %}
        partition by rule_set_id, cut_line_id
        order by entry_date
        rows between unbounded preceding and current row
{%- endset %}
{%- set step_columns = [
    'rule_set_id', 'cut_line_id', 'period_id', 'entry_date', 'successor_payee_id', 'sign_number',
    'became_payable_amount', 'held_amount', 'passed_on_amount', 'released_amount', 'passed_on_held_amount',
    'let_go_amount', 'held_left_amount',
] %}

steps_added as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        successor_payee_id,
        sign_number,
        {%- for kind in kept + let_go + earnings %}
        {{ kind }}_amount,
        {%- endfor %}
        left_amount,
        held_left_amount,
        unearned_left_amount,
        balance_amount,
        advanced_left_amount,
        is_earned_later,
        {{ kept | join('_amount + ') }}_amount as kept_amount,
        {{ let_go | join('_amount + ') }}_amount as let_go_amount
    from steps
),

steps_to_date as (
    select
        {{ step_columns | join(',\n        ') }},
        left_amount,
        kept_amount,
        sum(kept_amount) over ({{ steps_so_far }}) as kept_to_date_amount,
        sum(let_go_amount) over ({{ steps_so_far }}) as let_go_to_date_amount
    from steps_added
),

steps_cut as (
    select
        {{ step_columns | join(',\n        ') }},
        let_go_to_date_amount,
        kept_amount - (
            least(kept_to_date_amount, left_amount) - least(kept_to_date_amount - kept_amount, left_amount)
        ) as cut_amount
    from steps_to_date
),

-- First what would be held is cut, then what would be payable, then passed on, and last what would be forfeited.
held_cut as (
    select
        {{ step_columns | join(',\n        ') }},
        let_go_to_date_amount,
        cut_amount,
        {{ as_much_as_there_is('cut_amount', 'held_amount') }} as held_cut_amount
    from steps_cut
),

held_to_date as (
    select
        {{ step_columns | join(',\n        ') }},
        let_go_to_date_amount,
        cut_amount,
        held_cut_amount,
        {{ as_much_as_there_is('(cut_amount - held_cut_amount)', 'became_payable_amount') }}
            as became_payable_cut_amount,
        held_left_amount + sum(held_amount - held_cut_amount) over ({{ steps_so_far }}) as held_to_date_amount
    from held_cut
),

let_go_cut as (
    select
        {{ step_columns | join(',\n        ') }},
        cut_amount,
        held_cut_amount,
        became_payable_cut_amount,
        {{ as_much_as_there_is(
            '(cut_amount - held_cut_amount - became_payable_cut_amount)', 'passed_on_amount'
        ) }} as passed_on_cut_amount,
        let_go_amount - (
            least(let_go_to_date_amount, held_to_date_amount)
            - least(let_go_to_date_amount - let_go_amount, held_to_date_amount - (held_amount - held_cut_amount))
        ) as let_go_cut_amount
    from held_to_date
),

released_cut as (
    select
        {{ step_columns | join(',\n        ') }},
        held_cut_amount,
        became_payable_cut_amount,
        passed_on_cut_amount,
        cut_amount - held_cut_amount - became_payable_cut_amount - passed_on_cut_amount as forfeited_cut_amount,
        let_go_cut_amount,
        {{ as_much_as_there_is('let_go_cut_amount', 'released_amount') }} as released_cut_amount
    from let_go_cut
),

lines_cut as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        successor_payee_id,
        sign_number,
        held_cut_amount,
        became_payable_cut_amount,
        passed_on_cut_amount,
        forfeited_cut_amount,
        released_cut_amount,
        {{ as_much_as_there_is('(let_go_cut_amount - released_cut_amount)', 'passed_on_held_amount') }}
            as passed_on_held_cut_amount,
        let_go_cut_amount - released_cut_amount as unreleased_cut_amount
    from released_cut
),

-- What is earned later is cut to what may still be earned of the sale, and what is advanced follows from both.
earnings_to_date as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        sign_number,
        became_earned_amount,
        advanced_amount,
        unearned_left_amount,
        advanced_left_amount,
        balance_amount
        + least(sum(became_earned_amount) over ({{ steps_so_far }}), unearned_left_amount)
        - least(sum(kept_amount) over ({{ steps_so_far }}), left_amount) as balance_amount,
        sum(became_earned_amount) over ({{ steps_so_far }}) as became_earned_to_date_amount
    from steps_added
    where is_earned_later
),

earnings_cut as (
    select
        rule_set_id,
        cut_line_id,
        period_id,
        entry_date,
        sign_number,
        became_earned_amount - (
            least(became_earned_to_date_amount, unearned_left_amount)
            - least(became_earned_to_date_amount - became_earned_amount, unearned_left_amount)
        ) as became_earned_cut_amount,
        advanced_amount - (
            greatest(-balance_amount, 0)
            - coalesce(
                lag(greatest(-balance_amount, 0)) over (
                    partition by rule_set_id, cut_line_id
                    order by entry_date
                ),
                advanced_left_amount
            )
        ) as advanced_cut_amount
    from earnings_to_date
),

-- A cut is posted with the sale on the day of the cancellation, or with the later line on its own day.
cuts_posted as (
    select
        cuts.rule_set_id,
        cuts.cut_line_id,
        case when cuts.is_later then lines.period_id else lines.clawback_period_id end as period_id,
        case when cuts.is_later then lines.line_date else lines.clawback_date end as entry_date,
        cuts.payee_id,
        cuts.is_successor,
        cuts.is_later,
        cuts.is_unknown,
        cuts.cancelled_credited_amount,
        cuts.cancelled_advance_amount,
        cuts.cancelled_amount,
        cuts.cancelled_held_amount,
        cuts.cancelled_unpaid_amount,
        cuts.clawback_amount
    from cuts
    inner join lines_cancelled as lines
        on
            cuts.rule_set_id = lines.rule_set_id
            and cuts.cut_line_id = lines.line_id
),

postings as (
    {%- for kind in [
        'cancelled_credited', 'cancelled_advance', 'cancelled', 'cancelled_held', 'cancelled_unpaid', 'clawback',
    ] %}
    select
        rule_set_id,
        cut_line_id as line_id,
        case when is_successor then payee_id end as successor_payee_id,
        period_id,
        entry_date,
        '{{ kind }}' as entry_kind_code,
        {{ kind }}_amount as entry_amount,
        false as is_held,
        'the contract was cancelled within the window' as cause_text
    from cuts_posted
    where not is_unknown
    union all
    {%- endfor %}
    {%- for kind, amount in [
        ('held', 'held_cut_amount'),
        ('became_payable', 'became_payable_cut_amount'),
        ('passed_on', 'passed_on_cut_amount'),
        ('forfeited', 'forfeited_cut_amount'),
        ('released', 'released_cut_amount'),
        ('passed_on_held', 'passed_on_held_cut_amount'),
        ('forfeited_held', '(unreleased_cut_amount - passed_on_held_cut_amount)'),
        ('taken_over', '(passed_on_cut_amount + passed_on_held_cut_amount)'),
    ] %}
    select
        rule_set_id,
        cut_line_id as line_id,
        {{ 'successor_payee_id' if kind == 'taken_over' else 'cast(null as ' ~ dbt.type_string() ~ ')' }}
            as successor_payee_id,
        period_id,
        entry_date,
        '{{ kind }}' as entry_kind_code,
        -sign_number * {{ amount }} as entry_amount,
        {{ 'successor_payee_id is null' if kind in ('passed_on', 'passed_on_held') else 'false' }} as is_held,
        cast(null as {{ dbt.type_string() }}) as cause_text
    from lines_cut
    {%- if kind == 'taken_over' %}
    where successor_payee_id is not null
    {%- endif %}
    union all
    {%- endfor %}
    {%- for kind in earnings %}
    select
        rule_set_id,
        cut_line_id as line_id,
        cast(null as {{ dbt.type_string() }}) as successor_payee_id,
        period_id,
        entry_date,
        '{{ kind }}' as entry_kind_code,
        -sign_number * {{ kind }}_cut_amount as entry_amount,
        false as is_held,
        cast(null as {{ dbt.type_string() }}) as cause_text
    from earnings_cut
    union all
    {%- endfor %}
    select
        rule_set_id,
        cut_line_id as line_id,
        case when is_successor then payee_id end as successor_payee_id,
        period_id,
        entry_date,
        'clawback' as entry_kind_code,
        cast(null as {{ pay_type() }}) as entry_amount,
        true as is_held,
        'held: what a cancelled contract takes back of the sale is unknown' as cause_text
    from cuts_posted
    where is_unknown and not is_later
    union all
    select
        rule_set_id,
        line_id,
        case when entry_kind_code = 'taken_over' then payee_id end as successor_payee_id,
        period_id,
        entry_date,
        entry_kind_code,
        cast(null as {{ pay_type() }}) as entry_amount,
        true as is_held,
        'held: what a cancelled contract takes back of the sale is unknown' as cause_text
    from entries_later
    where
        is_unknown
        and entry_date > clawback_date
        and (
            {{ is_entry_of(['became_payable', 'released', 'taken_over']) }}
            or {{ is_entry_of(['passed_on', 'passed_on_held'] + earnings) }}
        )
)

-- On one day one successor takes over of a line, but several may owe of it.
select
    postings.rule_set_id,
    postings.entry_kind_code || ':' || postings.line_id || ':'
    || cast(postings.entry_date as {{ dbt.type_string() }})
    || case
        when postings.successor_payee_id is null or postings.entry_kind_code = 'taken_over' then ''
        else ':' || postings.successor_payee_id
    end as entry_id,
    coalesce(postings.successor_payee_id, lines_cancelled.payee_id) as payee_id,
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
where postings.entry_amount is null or postings.entry_amount <> 0
