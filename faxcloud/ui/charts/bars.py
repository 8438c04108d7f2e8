"""Lying bars of invalid faxes, each with its count beside it."""

from collections.abc import Sequence
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.services.palette import Colours


def invalid_bars(
    t: Translator, colours: Colours, counts: Sequence[int], places: Sequence[object], texts: Sequence[str]
) -> dict[str, Any]:
    """A trace; `places` are the categories, `texts` what a hand over a bar reads."""
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(counts),
        "y": list(places),
        "marker": {"color": colours.invalid},
        "text": [t.number(count) for count in counts],
        "textposition": "auto",
        "insidetextfont": {"color": colours.surface},
        "cliponaxis": False,
        "customdata": list(texts),
        "hovertemplate": "%{customdata}<extra></extra>",
    }
