"""The leads of X Education are scored from what was known when they came, and the leaking columns are refused by name.

Without it a model that reads what sellers noted after the sale is published as one that foresees it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.examples.published import Example

pytestmark = pytest.mark.public_data

LEAKS = (
    "x_tags", "x_lead_quality", "x_lead_profile", "x_activity_index", "x_profile_index", "x_activity_score",
    "x_profile_score", "x_last_activity", "x_last_notable_activity",
)  # fmt: skip


@pytest.fixture(scope="module")
def x_education(public_data: Path, publish: Callable[[str], Example]) -> Example:
    return publish("x_education")


def test_every_lead_is_staged_and_the_header_row_is_the_only_one_left_out(x_education: Example) -> None:
    assert x_education.rows("""
        select rows_in_count, staged_count, quarantined_count, filtered_count from marts.fct_landed_rows
        where table_name = 'leads'""") == [(9241, 9240, 0, 1)]


def test_the_auc_is_honest(x_education: Example) -> None:
    auc, baseline, is_published, note = x_education.rows("""
        select model_value, baseline_value, is_model_published, note_text from marts.fct_forecast_accuracy
        where target_code = 'lead' and metric_code = 'auc'""")[0]
    assert 0.84 < auc < 0.90
    assert 0.45 < baseline < 0.55
    assert is_published
    assert "random" in note.lower()


def test_leaking_columns_are_refused_by_name(x_education: Example) -> None:
    said = " ".join(x_education.outcome.notes)
    for column in LEAKS:
        assert column in said, column


def test_open_leads_are_scored(x_education: Example) -> None:
    count, models, lowest, highest = x_education.rows("""
        select count(*), count(*) filter (not is_baseline), min(score_ratio), max(score_ratio)
        from marts.fct_lead_scores""")[0]
    assert (count, models) == (5679, 5679)
    assert 0 <= lowest < highest <= 1
