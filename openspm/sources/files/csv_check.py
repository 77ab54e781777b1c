"""Looking at the bytes of a CSV file before it is read: encoding, NUL, and whether every quote stands where it may.

A file that passes as plain is read by the fast reader, which trusts its form. One with quotes in odd places goes to the
careful reader, which finds the line.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from openspm.errors import OpenspmError

Bytes = npt.NDArray[np.uint8]
CHUNK_BYTES = 8 << 20
LINE_FEED, CARRIAGE_RETURN = 10, 13
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class CsvForm:
    """What the bytes of a file show.

    Attributes:
        is_plain: every quote opens or closes a value at its edge or is doubled within one, and lines end one way.
        has_quotes: whether there are quotes at all.
    """

    is_plain: bool
    has_quotes: bool


def check_csv(path: Path, name: str, delimiter: str, quote: str) -> CsvForm:
    """Read a UTF-8 file through once.

    Args:
        path: the file.
        name: what people call it, for errors.
        delimiter: the character between values.
        quote: the character around values.

    Raises:
        OpenspmError: an empty file, no UTF-8, or a NUL character, with the line.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    quoting = _Quoting(ord(delimiter), ord(quote))
    lines_before = 0
    is_first = True
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            if is_first and chunk[:2] in UTF16_MARKS:
                raise OpenspmError(
                    "The file is UTF-16, and the source declares UTF-8",
                    where=f"{name}, line 1",
                    next_step="Declare `encoding: utf-16` for the source, or save the file as UTF-8.",
                )
            if is_first and not chunk.strip(codecs.BOM_UTF8 + b"\r\n"):
                raise OpenspmError(
                    "The file is empty: it has no header",
                    where=f"{name}, line 1",
                    next_step="Export it again; a table without rows still has its header line.",
                )
            content = chunk.removeprefix(codecs.BOM_UTF8) if is_first else chunk
            is_first = False
            if b"\0" in chunk:
                raise OpenspmError(
                    "The file holds a NUL character",
                    where=f"{name}, line {lines_before + chunk[: chunk.index(0)].count(LINE_FEED) + 1}",
                    next_step="Export it again as text; if it is UTF-16, declare `encoding: utf-16` for the source.",
                )
            _decode(decoder, chunk, name, lines_before)
            lines_before += chunk.count(b"\n")
            quoting.look_at(content)
            if not chunk:
                return CsvForm(quoting.is_well_formed, quoting.count > 0)


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, name: str, lines_before: int) -> None:
    """Check that a chunk goes on as UTF-8."""
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        line = lines_before + error.object[: error.start].count(b"\n") + 1
        raise OpenspmError(
            "The file is not UTF-8",
            where=f"{name}, line {line}",
            next_step="Declare the `encoding` of the source, such as latin-1 or utf-16, or save the file as UTF-8.",
        ) from None


class _Quoting:
    """Follows quotes over chunks. In a well-formed file the quotes open and close in turn.

    An opening quote follows a delimiter, a line end, the start of the file, or the quote that it doubles; a closing one
    stands before a delimiter, a line end, the end of the file, or the quote that doubles it.
    """

    def __init__(self, delimiter: int, quote: int) -> None:
        self._quote = quote
        self._edges = np.zeros(256, dtype=bool)
        self._edges[[delimiter, LINE_FEED, CARRIAGE_RETURN]] = True
        self._tail = b"\n"
        self._is_good = True
        self.count = 0

    @property
    def is_well_formed(self) -> bool:
        """Whether all quotes stood where they may, once the end has been seen."""
        return self._is_good and self.count % 2 == 0

    def look_at(self, chunk: bytes) -> None:
        """Take the next chunk; an empty one is the end."""
        if not self._is_good:
            return
        # The byte before and the byte after a quote decide; so the last byte of a chunk is judged with the next one.
        text = self._tail + (chunk or b"\n")
        self._tail = text[-2:]
        if self._quote not in text and CARRIAGE_RETURN not in text:
            return
        around = np.frombuffer(text, dtype=np.uint8)
        self._judge(around, around[1:-1], CARRIAGE_RETURN in text)

    def _judge(self, around: Bytes, inner: Bytes, has_returns: bool) -> None:
        """Judge the bytes that have a byte on both sides."""
        places = np.flatnonzero(inner == self._quote) + 1
        order = np.arange(self.count, self.count + len(places))
        opening, closing = places[order % 2 == 0], places[order % 2 == 1]
        before, after = around[opening - 1], around[closing + 1]
        is_fit = bool(np.all(self._edges[before] | (before == self._quote))) and bool(
            np.all(self._edges[after] | (after == self._quote))
        )
        has_lone_return = has_returns and bool(np.any((inner == CARRIAGE_RETURN) & (around[2:] != LINE_FEED)))
        self._is_good = is_fit and not has_lone_return
        self.count += len(places)
