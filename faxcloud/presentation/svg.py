"""SVG elements as text, with escaped texts, short numbers and one style for every drawing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from html import escape

from faxcloud.presentation import palette
from faxcloud.presentation.palette import Colours

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
SIZE = 12
"""Of text, in the units of the drawing."""
CHARACTER = 0.56
"""Width of an average character as a part of its size; no font is asked."""


@dataclass(frozen=True, slots=True)
class DrawingStyle(Colours):
    """Style of a drawing: colours and font."""

    font: str

    def variables(self) -> str:
        """CSS variables that give `THEMED` these colours: `--valid: #0072b2; … --volume-0: #e6f1f6; …`."""
        by_name = {field.name: getattr(self, field.name) for field in fields(Colours)}
        return " ".join(
            f"--{name}: {colour};"
            if isinstance(colour, str)
            else " ".join(f"--{name}-{step}: {shade};" for step, shade in enumerate(colour))
            for name, colour in by_name.items()
        )


def _style_of(colours: Colours, font: str) -> DrawingStyle:
    return DrawingStyle(**{field.name: getattr(colours, field.name) for field in fields(Colours)}, font=font)


def _variable(name: str, colour: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """What stands in a drawing for a colour, or for each step of a scale, that the style sheet sets."""
    return (
        f"var(--{name})"
        if isinstance(colour, str)
        else tuple(f"var(--{name}-{i})" for i in range(len(colour)))
    )


SCREEN_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
PAPER_FONT = "Libertinus Serif"
"""It comes with typst, so that a report looks the same on every machine."""

LIGHT = _style_of(palette.LIGHT, SCREEN_FONT)
DARK = _style_of(palette.DARK, SCREEN_FONT)
PAPER = replace(LIGHT, font=PAPER_FONT)
THEMED = _style_of(
    Colours(**{name: _variable(name, colour) for name, colour in asdict(palette.LIGHT).items()}),  # type: ignore[arg-type]
    SCREEN_FONT,
)
"""For a page with both themes: its style sheet sets `LIGHT.variables()` or `DARK.variables()`."""


def plain(text: str) -> str:
    """Escape a text for XML; characters that XML forbids are replaced."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def cut(text: str, most: int) -> str:
    """Truncate a text to at most so many characters on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def element(name: str, *children: str, **attributes: str | float) -> str:
    """SVG element; `stroke_width` becomes `stroke-width`, a trailing underscore is dropped."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def label(
    look: DrawingStyle,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: float = SIZE,
    fill: str = "",
    weight: int = 400,
    over_lines: bool = False,
) -> str:
    """Text at a point, which is the start, middle or end (`anchor`) of its base line.

    Args:
        over_lines: Draw an outline in the background colour, so that it can be read across lines.
    """
    edge: dict[str, str | float] = {"stroke": look.surface, "stroke_width": 3, "paint_order": "stroke"}
    return element(
        "text",
        plain(text),
        x=x,
        y=y,
        fill=fill or look.quiet,
        font_size=size,
        text_anchor=anchor,
        font_weight=weight,
        **(edge if over_lines else {}),
    )


def box(x: float, y: float, width: float, height: float, fill: str, tip: str = "", **more: float) -> str:
    """Filled rectangle; `tip` is the browser's tooltip."""
    children = (element("title", plain(tip)),) if tip else ()
    return element("rect", *children, x=x, y=y, width=max(width, 0), height=max(height, 0), fill=fill, **more)


def rule(look: DrawingStyle, x1: float, y1: float, x2: float, y2: float, **more: str | float) -> str:
    """Thin line."""
    drawn: dict[str, str | float] = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": look.grid}
    return element("line", **(drawn | more))


def polyline(points: Sequence[tuple[float, float]], stroke: str, width: float) -> str:
    """Polyline through points."""
    path = " ".join(f"{_value(x)},{_value(y)}" for x, y in points)
    return element(
        "polyline", points=path, fill="none", stroke=stroke, stroke_width=width, stroke_linejoin="round"
    )


def document(look: DrawingStyle, width: float, height: float, says: str, parts: Iterable[str]) -> str:
    """Whole SVG document; `says` is its text alternative for screen readers."""
    return element(
        "svg",
        element("title", plain(says)),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        width=width,
        height=height,
        font_family=look.font,
        role="img",
        aria_label=says,
    )


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return plain(value)
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
