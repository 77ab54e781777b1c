"""A what-if as one HTML page for finance: what it would cost, who wins and loses, how attainment is spread.

It names pay, so it is written for its owner alone. Charts are drawn here as SVG: the page runs no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import altair as alt
import jinja2
import vl_convert
from markupsafe import Markup

from openspm.durable_files import write_durably
from openspm.plans.currencies import minor_unit_digits
from openspm.plans.whatif import PayeeChange, WhatIf

MOST_CHANGES = 30
BEFORE, AFTER, LESS = "#8a97a5", "#0b62a8", "#c9600a"


def write_whatif(result: WhatIf, company_name: str, out: Path) -> Path:
    """Write the page and return its path."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template("whatif_report.html.j2").render(
        company=company_name,
        result=result,
        costs=[(currency, *_cost(result, currency)) for currency in result.currencies],
        changes=[(change.payee_id, *_amounts(change)) for change in result.changes[:MOST_CHANGES] if change.difference],
        most=MOST_CHANGES,
        attainment_chart=_svg(_attainment(result)),
        change_charts=[(currency, _svg(_changes(result, currency))) for currency in result.currencies],
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_durably(out, html)
    return out


def _cost(result: WhatIf, currency: str) -> tuple[str, str, str]:
    before, after = result.cost(currency)
    return exact(before, currency), exact(after, currency), signed(after - before, currency)


def _amounts(change: PayeeChange) -> tuple[str, str, str]:
    code = change.currency_code
    return exact(change.before, code), exact(change.after, code), signed(change.difference, code)


def exact(amount: Decimal, currency: str) -> str:
    """An amount to its minor unit, with thousands apart."""
    return f"{amount:,.{minor_unit_digits(currency)}f} {currency}"


def signed(amount: Decimal, currency: str) -> str:
    """An exact difference with its sign."""
    return f"{amount:+,.{minor_unit_digits(currency)}f} {currency}"


def _svg(chart: alt.Chart) -> Markup:
    """A chart drawn as SVG."""
    return Markup(vl_convert.vegalite_to_svg(chart.to_dict()))  # noqa: S704 - drawn here from escaped data


def _attainment(result: WhatIf) -> alt.Chart:
    """Payees by bucket of attainment, under both rules side by side."""
    names = [name for name, _, _ in result.attainment]
    rows = [
        {"bucket": name, "rules": rules, "payees": count}
        for name, before, after in result.attainment
        for rules, count in (("as it is", before), ("new plan", after))
    ]
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), width=620, height=220)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("bucket:N", sort=names, axis=alt.Axis(title="attainment", labelAngle=0)),
            xOffset=alt.XOffset("rules:N", sort=["as it is", "new plan"]),
            y=alt.Y("payees:Q", axis=alt.Axis(title="payees", tickMinStep=1)),
            color=alt.Color(
                "rules:N", scale=alt.Scale(domain=["as it is", "new plan"], range=[BEFORE, AFTER]), title=None
            ),
        )
    )
    return chart


def _changes(result: WhatIf, currency: str) -> alt.Chart:
    """A bar a payee whose pay changes, from the largest gain to the largest loss."""
    changed = [change for change in result.changes if change.currency_code == currency and change.difference]
    shown: Sequence[PayeeChange] = sorted(changed[:MOST_CHANGES], key=lambda change: -change.difference)
    rows = [{"payee": change.payee_id, "difference": float(change.difference)} for change in shown]
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), width=560, height=max(40, 20 * len(rows)))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("difference:Q", axis=alt.Axis(title=f"difference, {currency}")),
            y=alt.Y("payee:N", sort=[change.payee_id for change in shown], axis=alt.Axis(title=None)),
            color=alt.condition("datum.difference >= 0", alt.value(AFTER), alt.value(LESS)),
        )
    )
    return chart
