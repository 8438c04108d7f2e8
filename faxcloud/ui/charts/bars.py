"""Horizontal bars of invalid faxes with value labels."""

from collections.abc import Sequence
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.presentation.palette import Colours
from faxcloud.ui.charts.template import CHARACTER_PX

NARROWEST_PX = 150
"""Width of the plotting area on a phone, where a count has the least room inside its bar."""

BESIDE = "\u00a0\u00a0"
"""Space before a count outside its bar: the line of a Pareto chart begins at the end of the first bar."""


def invalid_bars(
    t: Translator, colours: Colours, counts: Sequence[int], places: Sequence[object], texts: Sequence[str]
) -> dict[str, Any]:
    """Bar trace with value labels.

    Args:
        places: The categories.
        texts: What the pointer over a bar shows.
    """
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(counts),
        "y": list(places),
        "marker": {"color": colours.invalid},
        **count_labels(t, colours, counts, max(counts, default=0)),
        "customdata": list(texts),
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def count_labels(t: Translator, colours: Colours, counts: Sequence[int], end: float) -> dict[str, Any]:
    """Value labels that are always visible, upright and of one size.

    Left alone, Plotly turns a label by 90 degrees or shrinks it where its bar is short.

    Args:
        end: Where the scale ends: a count stands inside its bar only where it fits on a phone too.
    """
    labels = [t.number(count) for count in counts]
    fits = [
        count * NARROWEST_PX >= end * (len(label) + 2) * CHARACTER_PX
        for count, label in zip(counts, labels, strict=True)
    ]
    return {
        "text": [label if inside else BESIDE + label for label, inside in zip(labels, fits, strict=True)],
        "textposition": ["inside" if inside else "outside" for inside in fits],
        "textangle": 0,
        "constraintext": "none",
        "insidetextanchor": "end",
        "insidetextfont": {"color": colours.surface},
        "cliponaxis": False,
    }
