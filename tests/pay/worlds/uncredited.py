"""A world by hand for law 1: events of which a part reaches nobody, each for another reason."""

from __future__ import annotations

WORLD = """
case: what reaches nobody
conventions: {boundary: upper, rounding: half_up, rounding_scope: each_line, reversal_window: current,
  negative_total: first_tier, plan_version_change: continue, split_tolerance: 1 %}
plans:
  - {plan_id: seller, version: '1', name: New deals, valid_from: 2020-01-01, currency: EUR, components: [
      {component_id: sales, name: Sales, event: booking, window: none,
        credits: [{to: seller, where: {opportunity_kind: [new]}}],
        curve: {style: marginal, over: amount, tiers: [{from: '0', rate: 5 %}]}}]}
  - {plan_id: cloud, version: '1', name: Cloud, valid_from: 2020-01-01, currency: EUR, components: [
      {component_id: lines, name: Lines, event: booking, window: none,
        credits: [{to: seller, where: {product_family: [cloud]}}],
        curve: {style: marginal, over: amount, tiers: [{from: '0', rate: 5 %}]}}]}
  - {plan_id: cash, version: '1', name: Invoices, valid_from: 2020-01-01, currency: EUR, components: [
      {component_id: invoiced, name: Invoiced, event: invoice, window: none, credits: [{to: seller}],
        curve: {style: marginal, over: amount, tiers: [{from: '0', rate: 5 %}]}}]}
  - {plan_id: waits, version: '1', name: Paid with the cash, valid_from: 2020-01-01, currency: EUR,
      conventions: {earned_at: credit, partial_cash: prorated, cash_total: with_tax, pay_after_leaving: paid,
        clawback_base: limited},
      country: {country: DE, most_per_run: 100 %, net_floor: '0', consent: not_needed, termination: final_pay},
      components: [
        {component_id: paid, name: Paid, event: booking, window: none, credits: [{to: seller}],
          triggers: [{'on': cash, share: 100 %}], clawback: {from: credit, within_days: 90, amount: all},
          curve: {style: marginal, over: amount, tiers: [{from: '0', rate: 5 %}]}}]}
people:
  - {id: ann, plan: seller}
  - {id: bea, plan: none}
  - {id: cat, plan: cash}
  - {id: dan, plan: cloud}
products: [{id: vm, family: cloud}, {id: desk, family: furniture}]
bookings:
  - {id: credited, date: 2026-01-05, amount: '100', currency: EUR, owner: ann, kind: new}
  - {id: unowned, date: 2026-01-05, amount: '100', currency: EUR, owner: nobody, kind: new}
  - {id: planless, date: 2026-01-05, amount: '100', currency: EUR, owner: bea, kind: new}
  - {id: other_events, date: 2026-01-05, amount: '100', currency: EUR, owner: cat, kind: new}
  - {id: other_kind, date: 2026-01-05, amount: '100', currency: EUR, owner: ann, kind: renewal}
  - {id: after_all_periods, date: 2027-06-01, amount: '100', currency: EUR, owner: ann, kind: new}
  - {id: nearly_split, date: 2026-01-05, amount: '100', currency: EUR, owner: ann, kind: new,
      splits: [{to: ann, share: 60 %}, {to: nobody, share: 39.5 %}]}
  - {id: badly_split, date: 2026-01-05, amount: '100', currency: EUR, owner: ann, kind: new,
      splits: [{to: ann, share: 60 %}, {to: bea, share: 30 %}]}
  - {id: partly_cloud, date: 2026-01-05, amount: '100', currency: EUR, owner: dan, kind: new,
      lines: [{product: vm, amount: '40'}, {product: desk, amount: '60'}]}
invoices: [{id: bill, date: 2026-01-05, amount: '100', currency: EUR, owner: nobody, kind: new, customer: acme}]
credit_notes: [{id: back, invoice: bill, date: 2026-01-08, amount: '40'}, {id: stray, date: 2026-01-09, amount: '25'},
  {id: much, customer: acme, date: 2026-01-09, amount: '90'}]
payments:
  - {id: known_money, invoice: bill, date: 2026-01-10, amount: '60'}
  - {id: stray_money, invoice: nowhere, date: 2026-01-10, amount: '70'}
contracts:
  - {id: known_end, deal: credited, start: 2026-01-01, end: 2026-12-31, annual_value: '100', cancelled: 2026-01-20}
  - {id: stray_end, deal: nowhere, start: 2026-01-01, end: 2026-12-31, annual_value: '80', cancelled: 2026-01-20}
  - {id: stray_term, deal: nowhere, start: 2026-01-01, end: 2026-12-31, annual_value: '90'}
expect: {}
"""
# Event, payee, reason, and what of 100 reached nobody.
LEFT = (
    ("unowned", None, "no_payee", "100"),
    ("planless", "bea", "no_plan", "100"),
    ("other_events", "cat", "no_component", "100"),
    ("other_kind", "ann", "filtered", "100"),
    ("after_all_periods", "ann", "outside_periods", "100"),
    ("nearly_split", None, "no_payee", "39.5"),
    ("nearly_split", None, "split_rest", "0.5"),
    ("badly_split", "bea", "no_plan", "30"),
    ("badly_split", None, "split_rest", "10"),
    ("partly_cloud", "dan", "part_filtered", "60"),
    ("bill", None, "no_payee", "100"),
    ("back", None, "no_payee", "-40"),
    ("stray", None, "no_invoice", "-25"),
    ("much/bill", None, "no_payee", "-60"),
    ("much", None, "nothing_left", "-30"),
    ("stray_money", None, "no_invoice", "70"),
    ("stray_end", None, "no_sale", "80"),
)
