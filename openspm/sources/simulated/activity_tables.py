"""What sellers do: calls, e-mails, meetings and demos on deals and leads; and the support cases of customers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from openspm.sources.simulated import names, people, texts, timing
from openspm.sources.simulated.crm_tables import Chunk
from openspm.sources.simulated.texts import SECONDS_A_DAY, Ints

CALL, EMAIL, MEETING, DEMO = range(4)
OUTCOMES = ("reached", "no answer", "sent", "held", "qualified", "not qualified", "no show")
REACHED, NO_ANSWER, SENT, HELD, QUALIFIED, NOT_QUALIFIED, NO_SHOW = range(7)
USUAL_MINUTES = np.array([12, 4, 45, 60])
DIP_DAYS = 31
DIP_KEPT_SHARE = 0.15
"""Share of the dipping employee's activities that remain in the last `DIP_DAYS` days (planted truth)."""


def activity_table(chunk: Chunk) -> tuple[pa.Table, Ints]:
    """Activities in the order of time, and the qualified meetings as employees x months of the roster."""
    parts = [_on_deals(chunk), _on_leads(chunk)]
    user, moment, kind, outcome, lead, deal = (np.concatenate([part[i] for part in parts]) for i in range(6))
    stream = chunk.settings.stream("activity details", chunk.number)
    day = moment // SECONDS_A_DAY
    keep = day >= chunk.roster.hire_days[user]
    dips = (user == chunk.roster.dipping) & (day > chunk.settings.end_day - DIP_DAYS)
    keep &= ~(dips & (stream.random(len(user)) > DIP_KEPT_SHARE))
    rows = np.flatnonzero(keep)
    rows = rows[np.argsort(moment[rows], kind="stable")]
    user, moment, kind, outcome, lead, deal = (part[rows] for part in (user, moment, kind, outcome, lead, deal))
    minutes = np.maximum(1, USUAL_MINUTES[kind] * stream.uniform(0.5, 1.6, len(rows))).astype(np.int64)
    account = np.where(deal >= 0, chunk.market.deals.account[deal], -1)
    table = texts.table({
        "activity_id": chunk.ids("ACT", np.arange(len(rows))),
        "activity_kind_code": texts.choices(names.ACTIVITY_KINDS, kind), "user_id": people.user_ids(user),
        "occurred_at": texts.stamps(moment), "duration_minutes": texts.whole(minutes),
        "outcome_name": texts.choices(OUTCOMES, outcome), "account_id": chunk.ids("ACC", account),
        "contact_id": texts.empty(len(rows)), "lead_id": chunk.ids("LED", lead),
        "opportunity_id": chunk.ids("OPP", deal),
    })  # fmt: skip
    meetings = np.zeros(chunk.roster.roles.shape, np.int64)
    good = outcome == QUALIFIED
    months = chunk.roster.column(timing.month_of(moment[good] // SECONDS_A_DAY))
    np.add.at(meetings, (user[good], months), 1)
    return table, meetings


def _on_deals(chunk: Chunk) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Work of owners on deals: more on deals that go far and on accounts that are engaged; a demo in the demo stage."""
    deals = chunk.market.deals
    stream = chunk.settings.stream("deal activities", chunk.number)
    count = stream.poisson((0.8 + 0.9 * deals.passed) * np.exp(0.3 * deals.engagement))
    deal = np.repeat(np.arange(len(deals)), count)
    first, last = deals.created[deal], np.minimum(deals.close[deal], chunk.settings.end_day)
    day = timing.weekdays(first + (stream.random(len(deal)) * (last - first + 1)).astype(np.int64))
    day = np.maximum(day, first)
    kind = stream.choice((CALL, EMAIL, MEETING), len(deal), p=(0.42, 0.40, 0.18)).astype(np.int64)
    luck = stream.random(len(deal))
    shown = np.flatnonzero(deals.passed >= 3)
    demo_day = np.minimum(deals.entered[shown, 2], chunk.settings.end_day)
    deal, day, kind = np.r_[deal, shown], np.r_[day, demo_day], np.r_[kind, np.full(len(shown), DEMO)]
    luck = np.r_[luck, np.ones(len(shown))]
    outcome = np.select(
        [kind == CALL, kind == EMAIL, (kind == MEETING) & (luck < 0.08)],
        [np.where(luck < 0.4, NO_ANSWER, REACHED), np.full(len(deal), SENT), np.full(len(deal), NO_SHOW)],
        HELD,
    )
    moment = timing.working_seconds(stream, day)
    return deals.owner[deal], moment, kind, outcome, np.full(len(deal), -1), deal


def _on_leads(chunk: Chunk) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Work of sales development on leads: a qualified meeting before every conversion, calls and mails on the rest."""
    leads = chunk.market.leads
    stream = chunk.settings.stream("lead activities", chunk.number)
    end = (chunk.settings.end_day + 1) * SECONDS_A_DAY
    met = np.flatnonzero(leads.is_converted | (stream.random(len(leads.region)) < 0.08))
    good = leads.is_converted[met]
    converted_at = chunk.market.deals.created[leads.deal[met]] * SECONDS_A_DAY + 12 * 3600
    met_at = np.where(good, converted_at - stream.integers(600, 3 * 3600, len(met)), leads.responded[met] + 2 * 86_400)
    bad = np.where(stream.random(len(met)) < 0.4, NO_SHOW, NOT_QUALIFIED)
    tried = np.repeat(np.arange(len(leads.region)), stream.poisson(0.9, len(leads.region)))
    kind = np.where(stream.random(len(tried)) < 0.6, CALL, EMAIL)
    tried_at = leads.responded[tried] + stream.integers(0, 5 * SECONDS_A_DAY, len(tried))
    tried_at = timing.weekdays(tried_at // SECONDS_A_DAY) * SECONDS_A_DAY + tried_at % SECONDS_A_DAY
    tried_at = np.maximum(tried_at, leads.responded[tried])
    reached = np.where(stream.random(len(tried)) < 0.4, REACHED, NO_ANSWER)
    lead = np.r_[met, tried]
    moment = np.r_[met_at, tried_at]
    kinds = np.r_[np.full(len(met), MEETING), kind]
    outcome = np.r_[np.where(good, QUALIFIED, bad), np.where(kind == EMAIL, SENT, reached)]
    rows = moment < end
    none = np.full(int(rows.sum()), -1)
    return leads.owner[lead[rows]], moment[rows], kinds[rows], outcome[rows], lead[rows], none


def case_table(chunk: Chunk) -> pa.Table:
    """Support cases of accounts with a contract, inside its term."""
    contracts = chunk.market.contracts
    stream = chunk.settings.stream("cases", chunk.number)
    contract = np.repeat(np.arange(len(contracts.start)), stream.poisson(0.5, len(contracts.start)))
    first = np.maximum(contracts.start[contract], chunk.settings.start_day)
    day = first + (stream.random(len(contract)) * (contracts.end[contract] - first + 1)).astype(np.int64)
    rows = np.flatnonzero((day <= chunk.settings.end_day) & (contracts.end[contract] >= first))
    rows = rows[np.argsort(day[rows], kind="stable")]
    opened = timing.working_seconds(stream, day[rows])
    closed = opened + (np.exp(stream.normal(0.8, 0.9, len(rows))) * SECONDS_A_DAY).astype(np.int64)
    is_closed = closed < (chunk.settings.end_day + 1) * SECONDS_A_DAY
    return texts.table({
        "case_id": chunk.ids("CAS", np.arange(len(rows))),
        "account_id": chunk.ids("ACC", contracts.account[contract[rows]]), "opened_at": texts.stamps(opened),
        "closed_at": texts.stamps(closed, is_closed),
        "priority_name": texts.choices(("Low", "Normal", "High"), stream.integers(0, 3, len(rows))),
        "case_status_name": texts.choices(("Open", "Closed"), is_closed.astype(np.int64)),
    })  # fmt: skip
