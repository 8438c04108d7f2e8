"""Static SVG charts for paper and for a page without scripts.

They look like the pages' charts and follow the same rules: a period without faxes is a gap in the line, an
hour without one has no colour. The caller sets the width of a drawing: use 340 for a phone rather than
shrinking a drawing of 720, since text shrinks with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby

from faxcloud.i18n import Translator
from faxcloud.presentation.axes import count_ticks, floor_of, rate_ticks
from faxcloud.presentation.calendar import weekday_names
from faxcloud.presentation.svg import (
    CHARACTER,
    LIGHT,
    SIZE,
    DrawingStyle,
    box,
    cut,
    document,
    element,
    label,
    polyline,
    rule,
)
from faxcloud.presentation.wording import (
    heat_says,
    period_name,
    rules_say,
    target_text,
    timeline_says,
)
from faxcloud.services.analytics.summaries import Row
from faxcloud.services.papers.svg_axes import labelled, tick_text

WIDE = 720
NARROW = 500
"""Below it there are fewer labels."""
MOST_DOTS = 45
PALE = 0.55
"""Opacity of a bar whose period the data covers only in part."""
WIDEST_BAR = 56
LARGEST_CELL = 9_999
"""A larger count does not fit into an hour's cell."""

Point = tuple[float, float]


def compliance_drawing(
    t: Translator,
    rows: Sequence[Row],
    grain: str,
    target: float,
    *,
    look: DrawingStyle = LIGHT,
    width: int = WIDE,
) -> str:
    """Compliance chart over time with its target band, and the volume below it.

    It shows the volume alone where no period has a compliance: there are no faxes, or they are selected by
    verdict.

    Args:
        rows: As `Summaries.timeline` gives them.
    """
    has_rates = any(row["compliance_rate"] is not None for row in rows) or not rows
    left, right, top, high, gap, low = 54, width - 14, 26, 140 if has_rates else 0, 38 if has_rates else 0, 84
    bottom = top + high + gap + low
    step = (right - left) / max(len(rows), 1)
    middles = [left + step * (index + 0.5) for index in range(len(rows))]
    place = (left, right, top, high)
    parts = [
        *(_rate_axis(t, look, rows, target, place) if has_rates else ()),
        *(_rate_line(t, look, rows, grain, middles, place, target) if has_rates else ()),
        *_bars(t, look, rows, grain, middles, (left, right, bottom, low, step)),
        *_time_axis(t, look, rows, grain, middles, bottom),
    ]
    return document(look, width, bottom + 36, timeline_says(t, rows, grain, target), parts)


def rules_drawing(
    t: Translator,
    rows: Sequence[tuple[str, int]],
    *,
    look: DrawingStyle = LIGHT,
    width: int = WIDE,
    total: int | None = None,
) -> str:
    """Pareto chart of violations by rule: horizontal bars with their cumulative share.

    Args:
        rows: Name and count of each rule, the most frequent first.
        total: Count of all rules, where the rows are not all.
    """
    total = total or sum(count for _, count in rows) or 1
    left, right, top, each = (250 if width >= NARROW else 130), width - 66, 26, 26
    span = right - left
    characters = int((left - 10) / (SIZE * CHARACTER))
    bottom = top + each * len(rows)
    parts = [
        rule(look, left + span * part, top - 4, left + span * part, bottom, stroke_dasharray=dash)
        for part, dash in ((0, "none"), (0.5, "2 3"), (1, "2 3"))
    ]
    parts += [
        label(look, left + span / 2, top - 10, t.percent(0.5, 0), anchor="middle", size=10),
        label(look, right, top - 10, t.percent(1, 0), anchor="middle", size=10),
        label(look, left, top - 10, t.percent(0, 0), anchor="middle", size=10),
        label(look, width - 2, top - 10, t("Faxes"), anchor="end", size=10),
    ]
    shares: list[Point] = []
    for index, ((name, count), running) in enumerate(
        zip(rows, accumulate(count for _, count in rows), strict=True)
    ):
        y = top + each * index
        length = span * count / total
        shares.append((left + span * running / total, y + each / 2))
        parts += [
            label(look, left - 8, y + 17, cut(name, characters), anchor="end", fill=look.text),
            box(left, y + 5, length, each - 10, look.invalid, f"{name}: {t.number(count)}", rx=1.5),
            label(look, width - 2, y + 17, t.number(count), anchor="end", fill=look.text, weight=600),
        ]
    if len(shares) > 1:
        parts.append(polyline(shares, look.neutral, 1.25))
    parts += [element("circle", cx=x, cy=y, r=2.6, fill=look.neutral) for x, y in shares]
    named = [{"violations": count} for _, count in rows]
    says = rules_say(t, named, rows[0][0] if rows else "", total)
    return document(look, width, bottom + 6, says, parts)


def heat_drawing(t: Translator, rows: Sequence[Row], *, look: DrawingStyle = LIGHT, width: int = WIDE) -> str:
    """Heat map of faxes by weekday and hour, darker where there are more; an hour without a fax stays blank.

    Args:
        rows: As `Summaries.heatmap` gives them.
    """
    left, top, tall = 44, 20, 24
    wide = (width - left - 2) / 24
    cells = {(row["weekday"], row["hour"]): row for row in rows if row["faxes"]}
    most = max((row["faxes"] for row in cells.values()), default=0)
    numbers = width >= NARROW and most <= LARGEST_CELL
    parts = [
        label(look, left + wide * (hour + 0.5), top - 7, f"{hour} h", anchor="middle", size=10)
        for hour in range(0, 24, 2 if width >= NARROW else 6)
    ]
    for day, name in enumerate(weekday_names(t), 1):
        y = top + tall * (day - 1)
        parts.append(label(look, left - 8, y + 16, name, anchor="end", size=11, fill=look.text))
        for hour in range(24):
            x = left + wide * hour
            if (cell := cells.get((day, hour))) is None:
                parts.append(box(x + 1, y + 1, wide - 2, tall - 2, look.grid, rx=2, fill_opacity=0.35))
                continue
            shade = min(int(cell["faxes"] / most * len(look.volume)), len(look.volume) - 1)
            faxes = t.number(cell["faxes"])
            tip = f"{name} {hour} h: {faxes}"
            parts.append(box(x + 1, y + 1, wide - 2, tall - 2, look.volume[shade], tip, rx=2))
            if numbers:
                ink = look.surface if shade >= 3 else look.text
                parts.append(label(look, x + wide / 2, y + 15.5, faxes, anchor="middle", size=10, fill=ink))
    return document(look, width, top + tall * 7 + 4, heat_says(t, [*cells.values()]), parts)


def _rate_axis(
    t: Translator,
    look: DrawingStyle,
    rows: Sequence[Row],
    target: float,
    place: tuple[float, float, float, float],
) -> list[str]:
    left, right, top, high = place
    low = floor_of([row["compliance_rate"] for row in rows], target)
    ticks = rate_ticks(low)
    decimals = 0 if all(round(tick * 100, 6) % 1 == 0 for tick in ticks) else 1

    def at(rate: float) -> float:
        return top + high * (1 - rate) / (1 - low)

    parts = [label(look, 0, top - 12, t("Compliance"), fill=look.valid, weight=600)]
    for tick in ticks:
        parts += [
            rule(look, left, at(tick), right, at(tick)),
            label(look, left - 8, at(tick) + 4, t.percent(tick, decimals), anchor="end", size=11),
        ]
    if target >= low:
        words = t("Target {rate}", rate=target_text(t, target))
        parts += [
            box(left, top, right - left, at(target) - top, look.band),
            rule(look, left, at(target), right, at(target), stroke=look.sent, stroke_dasharray="3 3"),
            label(look, right, top - 12, words, anchor="end", size=11, fill=look.sent),
        ]
    return parts


def _rate_line(
    t: Translator,
    look: DrawingStyle,
    rows: Sequence[Row],
    grain: str,
    middles: Sequence[float],
    place: tuple[float, float, float, float],
    target: float,
) -> list[str]:
    left, right, top, high = place
    low = floor_of([row["compliance_rate"] for row in rows], target)
    known = [
        (x, None if (rate := row["compliance_rate"]) is None else top + high * (1 - rate) / (1 - low), row)
        for x, row in zip(middles, rows, strict=True)
    ]
    parts: list[str] = []
    for has_data, run in groupby(known, key=lambda point: point[1] is not None):
        points = [(x, y) for x, y, _ in run if y is not None] if has_data else []
        if len(points) > 1:
            parts.append(polyline(points, look.valid, 1.75))
        if len(points) == 1 or len(rows) <= MOST_DOTS:
            parts += [element("circle", cx=x, cy=y, r=2.2, fill=look.valid) for x, y in points]
    judged = [(y, x, row) for x, y, row in known if y is not None]
    if len(judged) > 1:
        y, x, row = max(judged, key=lambda point: point[0])
        words = f"{t.percent(row['compliance_rate'])} · {period_name(t, row['start'], grain)}"
        # Beside the point where there is more room, and never over the edge.
        anchor, shift = ("start", 7) if x < (left + right) / 2 else ("end", -7)
        parts += [
            element("circle", cx=x, cy=y, r=3, fill=look.surface, stroke=look.valid, stroke_width=1.5),
            label(
                look,
                x + shift,
                min(y + 4, top + high - 3),
                words,
                anchor=anchor,
                size=11,
                fill=look.text,
                over_lines=True,
            ),
        ]
    return parts


def _bars(
    t: Translator,
    look: DrawingStyle,
    rows: Sequence[Row],
    grain: str,
    middles: Sequence[float],
    place: tuple[float, float, float, float, float],
) -> list[str]:
    left, right, bottom, low, step = place
    most = max((row["faxes"] for row in rows), default=0)
    parts = [
        box(left, bottom - low - 19, 9, 9, look.valid),
        label(look, left + 13, bottom - low - 11, t("Valid"), size=11),
        box(left + 70, bottom - low - 19, 9, 9, look.invalid),
        label(look, left + 83, bottom - low - 11, t("Invalid"), size=11),
        label(look, 0, bottom - low - 11, t("Faxes"), fill=look.text, weight=600),
    ]
    for tick in count_ticks(most):
        y = bottom - low * tick / max(most, 1)
        parts += [
            rule(look, left, y, right, y),
            label(look, left - 8, y + 4, t.number(tick), anchor="end", size=11),
        ]
    wide = min(max(step * 0.78, 0.6), WIDEST_BAR)
    for x, row in zip(middles, rows, strict=True):
        if not row["faxes"]:
            continue
        tip = f"{period_name(t, row['start'], grain)}: {t.number(row['faxes'])}"
        if row["compliance_rate"] is not None:
            tip += f" · {t.percent(row['compliance_rate'])}"
        pale = {} if row.get("is_whole", True) else {"fill_opacity": PALE}
        valid, invalid = (low * row[key] / most for key in ("valid", "invalid"))
        parts.append(box(x - wide / 2, bottom - valid, wide, valid, look.valid, tip, **pale))
        if invalid:
            parts.append(
                box(x - wide / 2, bottom - valid - invalid, wide, invalid, look.invalid, tip, **pale)
            )
    return parts


def _time_axis(
    t: Translator,
    look: DrawingStyle,
    rows: Sequence[Row],
    grain: str,
    middles: Sequence[float],
    bottom: float,
) -> list[str]:
    parts: list[str] = []
    year: int | None = None
    for index in labelled(rows, grain, middles):
        start = rows[index]["start"]
        x = middles[index]
        parts.append(label(look, x, bottom + 15, tick_text(t, start, grain), anchor="middle", size=11))
        if start.year != year and grain != "month":
            parts.append(label(look, x, bottom + 29, str(start.year), anchor="middle", size=11))
        year = start.year
    return parts
