"""The parts that a report's page is made of; the template gives them their form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        caption: what the rows are.
        columns: headings.
        rows: one text a column; the first column is the row's heading.
        text_columns: positions of columns that hold words and not numbers; the first always does.
        marked: positions of rows that need attention.
        note: a line under the table.
        is_folded: whether the reader opens the table first.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()
    note: str = ""
    is_folded: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether a phone shows each row as a block with its headings, for want of width."""
        longest = max((sum(map(len, row)) for row in self.rows), default=0)
        return len(self.columns) > 4 or longest > 45


@dataclass(frozen=True)
class Legend:
    """One entry of a chart's legend.

    Attributes:
        label: what the mark means.
        shape: bar, line, band, dot, diamond or tick.
        colour: name of a colour of the template.
    """

    label: str
    shape: str
    colour: str


@dataclass(frozen=True)
class Figure:
    """A chart with the words and the numbers that stand for it.

    Attributes:
        figure_id: id of the HTML element; also names the chart's data.
        title: what the chart shows.
        description: what a reader who cannot see it should know; the chart's accessible name.
        spec: Vega-Lite specification.
        legend: what the marks mean.
        table: the numbers of the chart.
    """

    figure_id: str
    title: str
    description: str
    spec: dict[str, Any]
    legend: Sequence[Legend] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Card:
    """One number at the top of the report; `tone` is plain, good or attention."""

    label: str
    value: str
    note: str = ""
    tone: str = "plain"


@dataclass(frozen=True)
class Section:
    """A chapter: its answer in sentences, then figures and tables.

    Attributes:
        section_id: id of the HTML element.
        title: heading.
        sentences: the answer, one paragraph a sentence or two.
        points: what follows the sentences as a list.
        parts: figures and tables in reading order.
        cards: the numbers that the top of the report shows for it.
        headline: what the report's first lines say for it; empty where there is nothing to say.
    """

    section_id: str
    title: str
    sentences: Sequence[str]
    parts: Sequence[Figure | Table] = field(default_factory=tuple)
    cards: Sequence[Card] = ()
    headline: str = ""
    points: Sequence[str] = ()
