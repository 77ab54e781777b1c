-- One row a cancelled sale and payee who was paid of it, and one a later line of it: what is taken back, never more
-- than was earned net and is not forfeited, and from what: first what is neither earned nor triggered, then what is not
-- yet payable, then what is held; of the rest each owes the part that each was paid, a successor who took over too,
-- less what no pay run has paid each yet.
{%- set kept = ['became_payable', 'held', 'passed_on', 'forfeited'] %}
{%- set let_go = ['released', 'passed_on_held', 'forfeited_held'] %}
{%- set paid = ['became_payable', 'released', 'taken_over'] %}
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
        payee_id,
        earned_amount,
        is_earned_later,
        base_amount,
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
        entry_amount,
        is_held
    from {{ ref('int_pay_waiting_entries') }}
),

entries_of_sales as (
    select
        lines.rule_set_id,
        lines.sale_line_id,
        entries.payee_id,
        entries.payee_id <> lines.payee_id as is_successor,
        entries.entry_kind_code,
        entries.entry_amount,
        not lines.is_later and entries.entry_date <= lines.clawback_date as is_before,
        entries.period_id = lines.clawback_period_id as is_of_period,
        -- Who takes over what is triggered later changes nothing of what is taken back.
        lines.is_unknown
        or (
            entries.is_held
            and (
                entries.entry_amount is null
                or (not lines.is_later and entries.entry_date <= lines.clawback_date)
            )
        ) as is_unknown
    from lines_cancelled as lines
    inner join entries
        on
            lines.rule_set_id = entries.rule_set_id
            and lines.line_id = entries.line_id
),

sums_of_payees as (
    select
        rule_set_id,
        sale_line_id,
        payee_id,
        is_successor,
        max(case when is_unknown then 1 else 0 end) as unknown_count,
        max(case when is_before then 1 else 0 end) = 1 as is_before,
        {%- for name, kinds in [
            ('earned', ['earned', 'rerate', 'credited']), ('kept', kept), ('held', ['held']), ('let_go', let_go),
            ('forfeited', ['forfeited', 'forfeited_held']), ('paid', paid),
            ('credited', ['credited']), ('became_earned', ['became_earned']), ('advanced', ['advanced']),
        ] %}
        sum(case when is_before and {{ is_entry_of(kinds) }} then entry_amount else 0 end) as {{ name }}_amount,
        {%- endfor %}
        sum(case when is_before and is_of_period and {{ is_entry_of(paid) }} then entry_amount else 0 end)
            as unpaid_amount
    from entries_of_sales
    group by rule_set_id, sale_line_id, payee_id, is_successor
),

payees_paid as (
    select
        rule_set_id,
        sale_line_id,
        payee_id,
        is_successor,
        is_before,
        earned_amount,
        kept_amount,
        held_amount,
        let_go_amount,
        forfeited_amount,
        credited_amount - became_earned_amount as unearned_amount,
        advanced_amount,
        greatest(paid_amount, 0) as paid_amount,
        greatest(unpaid_amount, 0) as unpaid_amount,
        max(unknown_count) over (partition by rule_set_id, sale_line_id) = 1 as is_unknown,
        sum(greatest(paid_amount, 0)) over (partition by rule_set_id, sale_line_id) as paid_to_all_amount
    from sums_of_payees
),

sums_before as (
    select
        rule_set_id,
        sale_line_id,
        is_unknown,
        earned_amount,
        kept_amount,
        held_amount,
        let_go_amount,
        forfeited_amount,
        unearned_amount,
        advanced_amount
    from payees_paid
    where not is_successor
),

bases_before as (
    select
        rule_set_id,
        sale_line_id,
        sum(base_amount) as base_amount,
        max(case when is_earned_later then 1 else 0 end) = 1 as is_earned_later
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
        sums_before.forfeited_amount,
        bases_before.base_amount,
        bases_before.is_earned_later,
        sums_before.unearned_amount,
        greatest(sums_before.unearned_amount - sums_before.advanced_amount, 0) as waiting_amount,
        greatest(sums_before.advanced_amount, 0) as advanced_amount,
        sums_before.earned_amount - sums_before.kept_amount - sums_before.unearned_amount as balance_amount,
        greatest(
            sums_before.earned_amount
            - sums_before.kept_amount
            - (sums_before.unearned_amount - sums_before.advanced_amount),
            0
        ) as open_amount,
        greatest(sums_before.held_amount - sums_before.let_go_amount, 0) as held_amount
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
        0 as forfeited_amount,
        lines.base_amount,
        lines.is_earned_later,
        0 as unearned_amount,
        0 as waiting_amount,
        0 as advanced_amount,
        0 as balance_amount,
        0 as open_amount,
        0 as held_amount
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
        cuts.forfeited_amount,
        cuts.is_earned_later,
        cuts.unearned_amount,
        cuts.waiting_amount,
        cuts.advanced_amount,
        cuts.balance_amount,
        cuts.open_amount,
        cuts.held_amount,
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
        forfeited_amount,
        is_earned_later,
        unearned_amount,
        waiting_amount,
        advanced_amount,
        balance_amount,
        open_amount,
        held_amount,
        minor_unit_digits,
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
        minor_unit_digits,
        earned_amount,
        is_earned_later,
        unearned_amount,
        waiting_amount,
        advanced_amount,
        balance_amount,
        open_amount,
        held_amount,
        case
            when is_later then {{ as_much_as_there_is('rounded_amount', 'earned_amount') }}
            else greatest(least(rounded_amount, earned_amount, earned_amount - forfeited_amount), 0)
        end as taken_amount
    from cuts_rounded
),

-- What goes off what waits, what is open, what is held and what was paid. Where nothing is, nothing is cut later.
sales_taken as (
    select
        rule_set_id,
        cut_line_id,
        sale_line_id,
        is_unknown,
        sign_number,
        minor_unit_digits,
        is_earned_later and taken_amount <> 0 as is_earned_later,
        unearned_amount,
        advanced_amount,
        balance_amount,
        least(taken_amount, waiting_amount) as cancelled_credited_amount,
        least(greatest(taken_amount - waiting_amount, 0), open_amount) as cancelled_amount,
        least(greatest(taken_amount - waiting_amount - open_amount, 0), advanced_amount) as cancelled_advance_amount,
        least(greatest(taken_amount - waiting_amount - open_amount, 0), held_amount) as cancelled_held_amount,
        greatest(taken_amount - waiting_amount - open_amount - held_amount, 0) as owed_amount,
        greatest(waiting_amount + open_amount - taken_amount, 0) as left_amount,
        held_amount - least(greatest(taken_amount - waiting_amount - open_amount, 0), held_amount) as held_left_amount
    from cuts_taken
    where not is_later
),

-- Whole numbers: minor units that were paid and are taken back, in the parts that each was paid.
paid_units as (
    select
        sales_taken.rule_set_id,
        sales_taken.sale_line_id,
        payees_paid.payee_id,
        payees_paid.is_successor,
        payees_paid.is_before,
        payees_paid.unpaid_amount,
        sales_taken.minor_unit_digits,
        {{ minor_units('sales_taken.owed_amount', 'sales_taken.minor_unit_digits') }} as owed_units,
        {{ minor_units('payees_paid.paid_amount', 'sales_taken.minor_unit_digits') }} as paid_units,
        {{ minor_units('payees_paid.paid_to_all_amount', 'sales_taken.minor_unit_digits') }} as paid_to_all_units
    from sales_taken
    inner join payees_paid
        on
            sales_taken.rule_set_id = payees_paid.rule_set_id
            and sales_taken.sale_line_id = payees_paid.sale_line_id
),

parts_floored as (
    select
        rule_set_id,
        sale_line_id,
        payee_id,
        is_successor,
        is_before,
        unpaid_amount,
        minor_unit_digits,
        coalesce(owed_units * paid_units // nullif(paid_to_all_units, 0), 0) as part_units,
        owed_units - coalesce(sum(owed_units * paid_units // nullif(paid_to_all_units, 0)) over sales, 0) as rest_units,
        row_number() over (
            partition by rule_set_id, sale_line_id
            order by
                coalesce(owed_units * paid_units % nullif(paid_to_all_units, 0), 0) desc, paid_units desc, payee_id asc
        ) as rest_order
    from paid_units
    window sales as (partition by rule_set_id, sale_line_id)
),

parts as (
    select
        rule_set_id,
        sale_line_id,
        payee_id,
        is_successor,
        is_before,
        unpaid_amount,
        {{ from_minor_units(
            '(part_units + case when rest_order <= rest_units then 1 else 0 end)', 'minor_unit_digits'
        ) }} as part_amount
    from parts_floored
)

-- What may still be triggered, released and earned is what is left of each.
select
    sales_taken.rule_set_id,
    sales_taken.cut_line_id,
    sales_taken.sale_line_id,
    parts.payee_id,
    parts.is_successor,
    false as is_later,
    sales_taken.is_unknown,
    sales_taken.is_earned_later,
    sales_taken.sign_number,
    {%- for kind in ['cancelled_credited', 'cancelled_advance', 'cancelled', 'cancelled_held'] %}
    case when parts.is_successor then 0 else sales_taken.{{ kind }}_amount end as {{ kind }}_amount,
    {%- endfor %}
    least(parts.part_amount, parts.unpaid_amount) as cancelled_unpaid_amount,
    greatest(parts.part_amount - parts.unpaid_amount, 0) as clawback_amount,
    sales_taken.left_amount,
    sales_taken.held_left_amount,
    greatest(
        sales_taken.unearned_amount - sales_taken.cancelled_credited_amount - sales_taken.cancelled_advance_amount, 0
    ) as unearned_left_amount,
    sales_taken.balance_amount - sales_taken.cancelled_amount + sales_taken.cancelled_advance_amount as balance_amount,
    sales_taken.advanced_amount - sales_taken.cancelled_advance_amount as advanced_left_amount
from sales_taken
inner join parts
    on
        sales_taken.rule_set_id = parts.rule_set_id
        and sales_taken.sale_line_id = parts.sale_line_id
-- What was handed to somebody later does not make that payee owe.
where parts.is_before or not parts.is_successor
union all
select
    rule_set_id,
    cut_line_id,
    sale_line_id,
    cast(null as {{ dbt.type_string() }}) as payee_id,
    false as is_successor,
    is_later,
    is_unknown,
    is_earned_later and taken_amount <> 0 as is_earned_later,
    sign_number,
    case when is_earned_later then taken_amount else 0 end as cancelled_credited_amount,
    0 as cancelled_advance_amount,
    case when is_earned_later then 0 else taken_amount end as cancelled_amount,
    0 as cancelled_held_amount,
    0 as cancelled_unpaid_amount,
    0 as clawback_amount,
    sign_number * (earned_amount - taken_amount) as left_amount,
    0 as held_left_amount,
    case when is_earned_later then sign_number * (earned_amount - taken_amount) else 0 end as unearned_left_amount,
    0 as balance_amount,
    0 as advanced_left_amount
from cuts_taken
where is_later
