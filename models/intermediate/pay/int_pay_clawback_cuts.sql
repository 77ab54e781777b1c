-- One row a cancelled sale, and one a later line of it: what is taken back, never more than was earned net, and from
-- what: first what is not yet payable, then what is held, then what no pay run has paid; the rest is owed.
{%- set kept = ['became_payable', 'held', 'forfeited'] %}
{%- set let_go = ['released', 'forfeited_held'] %}
with cancellations as (
    select
        rule_set_id,
        sale_line_id,
        share_numerator,
        share_denominator,
        minor_unit_digits,
        rounding_method_code
    from {{ ref('int_pay_cancellations') }}
),

lines_cancelled as (
    select
        rule_set_id,
        line_id,
        sale_line_id,
        clawback_date,
        clawback_period_id,
        is_unknown,
        earned_amount,
        base_amount,
        is_later
    from {{ ref('int_pay_cancelled_lines') }}
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

sums_before as (
    select
        lines.rule_set_id,
        lines.sale_line_id,
        max(case when entries.is_held or lines.is_unknown then 1 else 0 end) = 1 as is_unknown,
        {%- for name, kinds in [
            ('earned', ['earned', 'rerate']), ('kept', kept), ('held', ['held']), ('let_go', let_go),
        ] %}
        sum(
            case
                when not lines.is_later and entries.entry_date <= lines.clawback_date and {{ is_entry_of(kinds) }}
                    then entries.entry_amount
                else 0
            end
        ) as {{ name }}_amount,
        {%- endfor %}
        sum(
            case
                when
                    not lines.is_later
                    and entries.entry_date <= lines.clawback_date
                    and entries.period_id = lines.clawback_period_id
                    and {{ is_entry_of(['became_payable', 'released']) }}
                    then entries.entry_amount
                else 0
            end
        ) as unpaid_amount
    from lines_cancelled as lines
    inner join entries
        on
            lines.rule_set_id = entries.rule_set_id
            and lines.line_id = entries.line_id
    group by lines.rule_set_id, lines.sale_line_id
),

bases_before as (
    select
        rule_set_id,
        sale_line_id,
        sum(base_amount) as base_amount
    from lines_cancelled
    where not is_later
    group by rule_set_id, sale_line_id
),

cuts as (
    select
        sums_before.rule_set_id,
        sums_before.sale_line_id as cut_line_id,
        sums_before.sale_line_id,
        false as is_later,
        sums_before.is_unknown,
        1 as sign_number,
        sums_before.earned_amount,
        bases_before.base_amount,
        greatest(sums_before.earned_amount - sums_before.kept_amount, 0) as open_amount,
        greatest(sums_before.held_amount - sums_before.let_go_amount, 0) as held_amount,
        greatest(sums_before.unpaid_amount, 0) as unpaid_amount
    from sums_before
    inner join bases_before
        on
            sums_before.rule_set_id = bases_before.rule_set_id
            and sums_before.sale_line_id = bases_before.sale_line_id
    union all
    select
        lines.rule_set_id,
        lines.line_id as cut_line_id,
        lines.sale_line_id,
        true as is_later,
        sums_before.is_unknown,
        case when lines.earned_amount < 0 then -1 else 1 end as sign_number,
        lines.earned_amount,
        lines.base_amount,
        0 as open_amount,
        0 as held_amount,
        0 as unpaid_amount
    from lines_cancelled as lines
    inner join sums_before
        on
            lines.rule_set_id = sums_before.rule_set_id
            and lines.sale_line_id = sums_before.sale_line_id
    where lines.is_later
),

-- The share is worked out once, and rounded once: each of the two is a long expression.
cuts_exact as (
    select
        cuts.rule_set_id,
        cuts.cut_line_id,
        cuts.sale_line_id,
        cuts.is_later,
        cuts.is_unknown,
        cuts.sign_number,
        cuts.earned_amount,
        cuts.open_amount,
        cuts.held_amount,
        cuts.unpaid_amount,
        cancellations.minor_unit_digits,
        cancellations.rounding_method_code,
        case
            when cuts.is_unknown then null
            when cancellations.share_denominator = 1
                then {{ multiply_exact('cuts.base_amount', 'cancellations.share_numerator') }}
            else {{ divide_once(
                multiply_amounts('cuts.base_amount', 'cancellations.share_numerator'),
                'cancellations.share_denominator'
            ) }}
        end as exact_amount
    from cuts
    inner join cancellations
        on
            cuts.rule_set_id = cancellations.rule_set_id
            and cuts.sale_line_id = cancellations.sale_line_id
),

cuts_rounded as (
    select
        rule_set_id,
        cut_line_id,
        sale_line_id,
        is_later,
        is_unknown,
        sign_number,
        earned_amount,
        open_amount,
        held_amount,
        unpaid_amount,
        {{ round_to_minor_unit('exact_amount', 'minor_unit_digits', 'rounding_method_code') }} as rounded_amount
    from cuts_exact
),

cuts_taken as (
    select
        rule_set_id,
        cut_line_id,
        sale_line_id,
        is_later,
        is_unknown,
        sign_number,
        earned_amount,
        open_amount,
        held_amount,
        unpaid_amount,
        case
            when is_later then {{ as_much_as_there_is('rounded_amount', 'earned_amount') }}
            else greatest(least(rounded_amount, earned_amount), 0)
        end as taken_amount
    from cuts_rounded
)

select
    rule_set_id,
    cut_line_id,
    sale_line_id,
    is_later,
    is_unknown,
    sign_number,
    case when is_later then taken_amount else least(taken_amount, open_amount) end as cancelled_amount,
    least(greatest(taken_amount - open_amount, 0), held_amount) as cancelled_held_amount,
    least(greatest(taken_amount - open_amount - held_amount, 0), unpaid_amount) as cancelled_unpaid_amount,
    case when is_later then 0 else greatest(taken_amount - open_amount - held_amount - unpaid_amount, 0) end
        as clawback_amount,
    case
        when is_later then sign_number * (earned_amount - taken_amount)
        else open_amount - least(taken_amount, open_amount)
    end as left_amount,
    held_amount - least(greatest(taken_amount - open_amount, 0), held_amount) as held_left_amount
from cuts_taken
