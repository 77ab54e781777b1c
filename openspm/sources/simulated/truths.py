"""The truths that are planted in a simulated company, as data: what may be found in it, and how strong it is."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from openspm.sources.simulated import activity_tables, market, names, people, playing, pricing, timing
from openspm.sources.simulated.people import Roster


@dataclasses.dataclass(frozen=True)
class Truth:
    """Something that holds in the data because it was put there."""

    name: str
    description: str
    values: dict[str, Any]


def truths_of(roster: Roster) -> list[Truth]:
    """The truths of the company with these people."""
    stars = people.employee_ids(np.array(roster.stars, np.int64)).to_pylist()
    dipping = people.employee_ids(np.array([roster.dipping])).to_pylist()
    products = [product[0] for product in names.PRODUCTS]
    return [
        Truth(
            "lead_conversion",
            "Log odds of a lead's conversion: its source, the logarithm of the hours to the first answer, the "
            "logarithm of the company's employees. Region, industry, country and names say nothing.",
            {
                "by_source": dict(zip(names.LEAD_SOURCES, market.LEAD_SOURCE_LOG_ODDS, strict=True)),
                "by_log_response_hours": market.LEAD_RESPONSE_LOG_ODDS,
                "by_log_employees": market.LEAD_SIZE_LOG_ODDS,
            },
        ),
        Truth(
            "stage_skill",
            "For each stage one account executive passes it far more often than others; other skills are small.",
            {"bonus_log_odds": people.STAR_BONUS, "star_by_stage": dict(zip(names.OPEN_STAGES, stars, strict=False))},
        ),
        Truth(
            "deal_kind",
            "Renewals are won more often than expansions, and those more often than new deals.",
            {"log_odds_by_kind": dict(zip(names.KINDS, playing.KIND_LOG_ODDS.tolist(), strict=True))},
        ),
        Truth(
            "engagement",
            "Engaged accounts pass every stage more often and see more calls, mails and meetings.",
            {"log_odds": playing.ENGAGEMENT_LOG_ODDS},
        ),
        Truth(
            "product_affinity",
            "Industries prefer three products each; some products bring a companion in half of the deals.",
            {
                "preferred": {
                    industry: [products[position] for position in liked]
                    for industry, liked in zip(names.INDUSTRIES, names.AFFINITY, strict=True)
                },
                "preferred_share": pricing.PREFERRED_SHARE,
                "bought_together": {products[a]: products[b] for a, b in names.BOUGHT_TOGETHER.items()},
                "companion_share": pricing.COMPANION_SHARE,
            },
        ),
        Truth(
            "revenue_season_and_trend",
            "Demand grows each month and follows the month of the year; renewals add to it in the second year.",
            {"monthly_growth": timing.MONTHLY_GROWTH, "season_by_month": timing.SEASON_BY_MONTH},
        ),
        Truth(
            "activity_dip",
            "One account executive does far less in the last month than before.",
            {
                "employee_id": dipping[0],
                "last_days": activity_tables.DIP_DAYS,
                "kept_share": activity_tables.DIP_KEPT_SHARE,
            },
        ),
    ]
