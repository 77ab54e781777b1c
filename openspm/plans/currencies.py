"""How many digits the minor unit of a currency has (ISO 4217)."""

from __future__ import annotations

WITHOUT_MINOR_UNIT = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_unit_digits(currency_code: str) -> int:
    """0, 2 or 3."""
    if currency_code in WITHOUT_MINOR_UNIT:
        return 0
    return 3 if currency_code in THOUSANDTHS else 2
