"""Which events a credit rule takes, which part of them, and who stands beside or above the sellers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.pay.reference.currencies import convert, credit_rate
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.people import assignment, managers_of

# A share of an event on its way to a receiver: ratio, amount, what the shares of the event add up to.
Part = tuple[Fraction, Fraction, Fraction]


def takes(case: dict[str, Any], rule: dict[str, Any], plan: dict[str, Any], event: dict[str, Any], payee: str) -> bool:
    """Whether a rule takes an event, its lines apart. A reversal goes by what it reverses."""
    where, origin = rule.get("where", {}), event["origin"]
    account = next((row for row in case.get("accounts", ()) if row["id"] == event.get("account")), {})
    owner = assignment(case, origin["owner"], origin["date"]) or {}
    own = assignment(case, payee, origin["date"]) or {}
    values = {
        "opportunity_kind": event["kind"],
        "account": event.get("account"),
        **{name: account.get(name) for name in ("country", "segment", "industry")},
        **{name: owner.get(name) for name in ("territory", "region", "team")},
    }
    for name, choice in where.items():
        if name in ("product", "product_family"):
            continue
        if name == "date":
            good = choice.get("from", origin["date"]) <= origin["date"] <= choice.get("to", origin["date"])
        elif name == "amount":
            rate = credit_rate(case, plan, event["currency"], origin["date"])
            amount = None if rate is None else convert(Fraction(origin["amount"]), rate)
            good = amount is None or (number(choice.get("from", amount)) <= amount <= number(choice.get("to", amount)))
        elif choice == "own":
            good = values[name] is not None and values[name] == own.get(name)
        elif isinstance(choice, dict):
            good = values[name] not in choice["not"]
        else:
            good = values[name] in choice
        if not good:
            return False
    return True


def part_taken(
    case: dict[str, Any], rule: dict[str, Any], plan: dict[str, Any], event: dict[str, Any]
) -> tuple[bool, Fraction | None, bool]:
    """Whether any line is taken, what the taken lines add up to (None: the whole event), and whether it is unknown."""
    is_taken, taken, held = lines_taken(case, rule, plan, event)
    if "year_credit" not in rule:
        return is_taken, taken, held
    # So many months of each year count, each year's with its share.
    term = event.get("term_months")
    months = [min(max((term or 0) - 12 * year, 0), 12) for year in range(len(rule["year_credit"]))]
    credited = sum((number(share) * count for share, count in zip(rule["year_credit"], months, strict=True)), ZERO)
    whole = Fraction(event["amount"]) if taken is None else taken
    return is_taken, rounded(rounded(whole * credited) / (term or 1)), held or not term


def lines_taken(
    case: dict[str, Any], rule: dict[str, Any], plan: dict[str, Any], event: dict[str, Any]
) -> tuple[bool, Fraction | None, bool]:
    """The same for all years of a sale."""
    where = rule.get("where", {})
    no_rate = credit_rate(case, plan, event["currency"], event["origin"]["date"]) is None
    unknown = "amount" in where and no_rate
    if not {"product", "product_family"} & where.keys():
        return True, None, unknown
    families = {row["id"]: row.get("family") for row in case.get("products", ())}
    taken, total, known, any_taken = ZERO, ZERO, True, False
    whole = Fraction(event["origin"]["amount"])
    for line in event.get("lines", ()):
        amount = Fraction(line["amount"])
        total += amount
        known = known and line["product"] in families
        values = {"product": line["product"], "product_family": families.get(line["product"])}
        if all(
            values[name] not in where[name]["not"] if isinstance(where[name], dict) else values[name] in where[name]
            for name in ("product", "product_family")
            if name in where
        ):
            taken += amount
            any_taken = True
    held = not known or not event.get("lines") or total != whole
    is_taken = held or any_taken
    if event["type"] == "credit_note":
        # It takes the part back in proportion to the invoice; of an invoice of 0 nobody knows which.
        held = held or whole == 0
        before, after = (ZERO if whole == 0 else rounded(taken * upto / whole) for upto in event["taken_off"])
        taken = before - after
    return is_taken, taken, held or unknown


def receivers_of(
    case: dict[str, Any], rule: dict[str, Any], event: dict[str, Any], shares: list[Any], part: Fraction | None
) -> dict[tuple[str, str], list[Part]]:
    """Who is credited by a rule, with kind of credit, and the shares that lead to them."""
    day = event["origin"]["date"]
    found: dict[tuple[str, str], list[Part]] = {}
    if rule["to"] == "coverage":
        whole = Fraction(event["amount"]) if part is None else part
        return {(person["id"], "coverage"): [(Fraction(1), whole, Fraction(1))] for person in case["people"]}
    for payee, kind, ratio, amount, total in shares:
        if part is not None:
            amount = rounded(part * ratio)
        if rule["to"] == "overlay" or kind == "overlay":
            to = [(payee, kind, Fraction(1))] if rule["to"] == kind else []
        elif rule["to"] == "seller":
            to = [(payee, kind, Fraction(1))]
        elif rule["to"] == "manager":
            levels = [number(share) for share in rule.get("level_credit", ("1",) * int(rule["levels"]))]
            to = [
                (manager, "manager", level)
                for manager, level in zip(managers_of(case, payee, day), levels, strict=False)
            ]
        else:
            team = (assignment(case, payee, day) or {}).get("team")
            members = {person["id"] for person in case["people"]}
            to = [
                (member, "team", Fraction(1))
                for member in members
                if team and (assignment(case, member, day) or {}).get("team") == team
            ]
        for receiver, credit, level in to:
            found.setdefault((receiver, credit), []).append((rounded(ratio * level), rounded(amount * level), total))
    return found
