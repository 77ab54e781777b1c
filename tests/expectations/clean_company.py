"""Small simulated companies without a defect, and their candidates: what the gates must let pass.

A company has the plans of the demo, one of them with a bonus for periods. Its candidate is what a dry run of a night
leaves: everything but the publication.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from openspm.company import load_company
from openspm.nightly import RunOutcome, run_night
from openspm.settings import Settings
from tests.compiled import COMPILED_DIR

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo"
PAID_FOR_PERIODS = """
  - component_id: quarter_bonus
    name: Quarter bonus
    event: ratio
    window: quarter
    ratio: {weighted: [{measure: new_business, weight: 100 %}]}
    conventions: {interim_pay: actual_to_date_prorated_quota}
    curve: {style: step, over: attainment, steps: [{from: 50 %, pays: 1500}, {from: 100 %, pays: 3000}]}
"""


@dataclass(frozen=True)
class Built:
    """A candidate and how its run went."""

    candidate: Path
    outcome: RunOutcome


def build_clean_candidate(folder: Path, seed: int) -> Built:
    """Simulate a company and build its candidate.

    Args:
        folder: where company folder and state go.
        seed: seed of the company.
    """
    company_dir = folder / "company"
    shutil.copytree(DEMO, company_dir)
    with (company_dir / "plans" / "ae_commission.yml").open("a", encoding="utf-8") as plan:
        plan.write(PAID_FOR_PERIODS)
    path = company_dir / "company.yml"
    declared: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for source in declared["sources"]:
        if source["kind"] == "simulated":
            source |= {"seed": seed, "months": 15, "opportunity_count": 900, "payee_count": 14, "region_count": 2}
            source["defects"] = False
    path.write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
    company = load_company(company_dir)
    settings = Settings(company_dir=company_dir, home=folder / "home", compiled_dir=COMPILED_DIR)
    state = settings.state(company.id)
    outcome = run_night(settings, company, dry_run=True)
    return Built(state.candidate, outcome)
