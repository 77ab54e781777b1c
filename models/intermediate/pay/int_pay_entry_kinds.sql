-- One row a kind of entry: the account that it debits and the one that it credits. A negative amount goes back.
{%- set kinds = {
    'opening': ('expense', 'payable'),
    'earned': ('expense', 'earned_not_payable'),
    'rerate': ('expense', 'earned_not_payable'),
    'adjustment': ('expense', 'earned_not_payable'),
    'credited': ('expense', 'credited_not_earned'),
    'credited_adjustment': ('expense', 'credited_not_earned'),
    'became_earned': ('credited_not_earned', 'earned_not_payable'),
    'advanced': ('advanced', 'earned_not_payable'),
    'became_payable': ('earned_not_payable', 'payable'),
    'held': ('earned_not_payable', 'held'),
    'released': ('held', 'payable'),
    'draw_advance': ('draw_owed', 'payable'),
    'guarantee': ('expense', 'payable'),
    'draw_recovery': ('payable', 'draw_owed'),
    'draw_forgiven': ('expense', 'draw_owed'),
    'cancelled_credited': ('credited_not_earned', 'expense'),
    'cancelled_advance': ('credited_not_earned', 'advanced'),
    'cancelled': ('earned_not_payable', 'expense'),
    'cancelled_held': ('held', 'expense'),
    'cancelled_unpaid': ('payable', 'expense'),
    'clawback': ('clawback_owed', 'expense'),
    'clawback_recovered': ('payable', 'clawback_owed'),
    'forfeited': ('earned_not_payable', 'expense'),
    'forfeited_held': ('held', 'expense'),
    'passed_on': ('earned_not_payable', 'expense'),
    'passed_on_held': ('held', 'expense'),
    'taken_over': ('expense', 'payable'),
    'written_off': ('expense', 'clawback_owed'),
    'cap_carry': ('earned_not_payable', 'cap_carry'),
    'fx_difference': ('expense', 'payable'),
    'manual': ('expense', 'payable'),
    'paid': ('payable', 'paid'),
    'pay_returned': ('paid', 'payable'),
} %}
{%- for kind, accounts in kinds.items() %}
select
    '{{ kind }}' as entry_kind_code,
    '{{ accounts[0] }}' as debit_account_code,
    '{{ accounts[1] }}' as credit_account_code
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
