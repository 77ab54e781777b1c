"""`openspm plan diff, whatif, estimate`: what another plan or another deal would pay, on the company's own history."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from openspm.cli.options import CompanyOption, JsonOption, QuietOption, open_company
from openspm.cli.terminal import Screen
from openspm.errors import UsageError


def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="A plan file, or plan_id or plan_id:version.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The same for the other plan.")],
    company: CompanyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what differs between two plans or versions, switches as they hold for each component."""
    from openspm.plans.diff import plan_diff

    screen = Screen(as_json, quiet)
    changes = plan_diff(open_company(company).company, before, after)
    screen.answer([{"place": change.place, "before": change.before, "after": change.after} for change in changes])
    for change in changes:
        screen.say(str(change))
    screen.say(f"{len(changes)} differences" if changes else "The two plans pay the same.")


def whatif(
    plan: Annotated[
        list[Path], typer.Option("--plan", metavar="FILE", help="A new plan file; may be given again for several.")
    ],
    period: Annotated[
        str, typer.Option("--period", metavar="PERIOD", help="Period to compare: 2026-03, 2026-Q1, 2026.")
    ],
    company: CompanyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compute a past period with a new plan in place of an old one: cost, winners and losers, attainment, a chart."""
    from openspm.plans.whatif import what_if
    from openspm.reports.whatif_report import exact, signed, write_whatif

    screen = Screen(as_json, quiet)
    opened = open_company(company)
    missing = [str(path) for path in plan if not path.exists()]
    if missing:
        raise UsageError("There is no such plan file", ", ".join(missing), "Name the YAML file of the new plan.")
    with screen.progress() as progress:
        if progress is not None:
            progress.add_task("computing both plans on history", total=None)
        result = what_if(opened.company, opened.settings, opened.state, plan, period)
    name = f"whatif_{'_'.join(result.replaced)}_{period}.html"
    page = write_whatif(result, opened.company.name, opened.state.reports / "finance" / name)
    costs = {currency: result.cost(currency) for currency in result.currencies}
    screen.answer(
        {
            "period_id": period,
            "plans": list(result.replaced),
            "events": {"before": result.events[0], "after": result.events[1]},
            "cost": {code: {"before": str(one), "after": str(two)} for code, (one, two) in costs.items()},
            "winners": len(result.winners),
            "losers": len(result.losers),
            "held_payees": list(result.held_payees),
            "changes": [
                {
                    "payee_id": change.payee_id,
                    "currency_code": change.currency_code,
                    "before": str(change.before),
                    "after": str(change.after),
                }
                for change in result.changes
            ],
            "attainment": [{"bucket": bucket, "before": one, "after": two} for bucket, one, two in result.attainment],
            "report": str(page),
        }
    )
    screen.say(f"What if {', '.join(result.replaced)} in {period}:")
    if result.is_without_events:
        screen.say("  events   none: nothing was sold in it that anybody is credited for; choose a period with sales")
    else:
        screen.say(f"  events   {result.events[0]} credited as it is, {result.events[1]} with the new plan")
    for code, (one, two) in costs.items():
        screen.say(f"  cost     {exact(one, code)} -> {exact(two, code)}, {signed(two - one, code)}")
    screen.say(f"  winners  {len(result.winners)}, losers {len(result.losers)}")
    if result.held_payees:
        screen.say(f"  left out because a payout is held: {', '.join(result.held_payees)}")
    for change in [row for row in result.changes if row.difference][:10]:
        screen.say(f"  {change.payee_id:20} {signed(change.difference, change.currency_code):>20}")
    screen.say(f"  report   {page}")


def estimate(
    payee: Annotated[str, typer.Argument(metavar="PAYEE", help="payee_id of dim_payees.")],
    amount: Annotated[str | None, typer.Option("--amount", metavar="AMOUNT", help="Amount of the deal.")] = None,
    earn: Annotated[
        str | None, typer.Option("--earn", metavar="SUM", help="Find the smallest deal that pays this sum more.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", metavar="CODE", help="Currency of the deal; the company's if not given.")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="Day on which it is won; the last known day if not given."),
    ] = None,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="Kind of deal, as plans filter by.")] = "new",
    months: Annotated[
        int, typer.Option("--months", metavar="MONTHS", min=1, help="Months that the amount pays for.")
    ] = 12,
    company: CompanyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what a deal that nobody has closed would pay, or how much must be sold to earn a sum."""
    from openspm.plans.estimate import deal_to_earn, estimate_deal
    from openspm.reports.whatif_report import exact, signed

    if (amount is None) == (earn is None):
        raise UsageError("Say one of two things", "--amount or --earn", "openspm plan estimate PAYEE --amount 50000")
    screen = Screen(as_json, quiet)
    opened = open_company(company)
    wanted = _number(amount if amount is not None else str(earn))
    day = None if date is None else _day(date)
    compute = estimate_deal if amount is not None else deal_to_earn
    with screen.progress() as progress:
        if progress is not None:
            progress.add_task("computing the pay with and without it", total=None)
        found = compute(opened.company, opened.settings, opened.state, payee, wanted, currency, day, kind, months)
    deal = found.deal
    screen.answer(
        {
            "payee_id": payee,
            "amount": str(deal.amount),
            "currency_code": deal.currency_code,
            "close_date": deal.close_date.isoformat(),
            "term_months": deal.term_months,
            "extras": [
                {
                    "component_id": extra.component_id,
                    "period_id": extra.period_id,
                    "currency_code": extra.currency_code,
                    "extra_amount": None if extra.extra_amount is None else str(extra.extra_amount),
                    "cause": extra.cause_text,
                }
                for extra in found.extras
            ],
        }
    )
    screen.say(f"A deal of {exact(deal.amount, deal.currency_code)} won on {deal.close_date} would pay {payee}:")
    for extra in found.extras:
        pay = "held" if extra.extra_amount is None else signed(extra.extra_amount, extra.currency_code)
        screen.say(f"  {extra.period_id:10} {extra.component_id:24} {pay:>20}")
        if extra.cause_text:
            screen.say(f"             {extra.cause_text}")
    if not found.extras:
        screen.say("  nothing: no plan of that day credits such a deal.")


def _number(text: str) -> Decimal:
    """A positive amount as a person writes it."""
    from openspm.plans.numbers import parse_amount

    try:
        value = parse_amount(text)
    except ValueError as error:
        raise UsageError(str(error), text, "Write it like 50000 or 1250.50.") from None
    if value <= 0:
        raise UsageError("The amount must be above 0", text, "Write it like 50000 or 1250.50.")
    return value


def _day(text: str) -> datetime.date:
    """A day as a person writes it."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise UsageError("This is no day", text, "Write it like 2026-03-31.") from None
