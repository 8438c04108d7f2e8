"""SVG charts of the report: gaps, targets, axes and colours as on the pages; names are escaped."""

import datetime as dt
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from faxcloud.i18n import translator
from faxcloud.presentation import svg
from faxcloud.presentation.wording import timeline_says
from faxcloud.services.papers.svg_charts import compliance_drawing, heat_drawing, rules_drawing
from faxcloud.ui.charts import template

EN, FR = translator("en"), translator("fr")
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>&\"'\x00\x1b\ud800\uffff ]]> \u202e #panic()"


def row(day: int, valid: int, invalid: int) -> dict[str, Any]:
    faxes = valid + invalid
    rate = valid / faxes if faxes else None
    start = dt.datetime(2026, 3, 1) + dt.timedelta(days=day)  # noqa: DTZ001 - local time, as stored
    return {"start": start, "faxes": faxes, "valid": valid, "invalid": invalid, "compliance_rate": rate}


def drawn(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def texts(drawing: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in drawing.iter(f"{SVG}text")]


def test_a_day_without_faxes_is_a_gap_in_the_line_and_has_no_bar() -> None:
    rows = [row(0, 9, 1), row(1, 8, 2), row(2, 0, 0), row(3, 7, 3), row(4, 6, 4)]
    drawing = drawn(compliance_drawing(EN, rows, "day", 0.95))
    lines = [line.attrib["points"].split() for line in drawing.iter(f"{SVG}polyline")]
    assert [len(points) for points in lines] == [2, 2]
    tips = {tip.text for bar in drawing.iter(f"{SVG}rect") for tip in bar.iter(f"{SVG}title")}
    assert len(tips) == 4
    assert not any("03 Mar 2026" in (tip or "") for tip in tips)


def test_no_data_draws_no_line_and_is_said() -> None:
    drawing = drawn(compliance_drawing(EN, [row(day, 0, 0) for day in range(5)], "day", 0.95))
    assert list(drawing.iter(f"{SVG}polyline")) == []
    assert drawing.attrib["aria-label"] == "No period has data."
    assert drawn(compliance_drawing(EN, [], "day", 0.95)).attrib["aria-label"] == "No period has data."


@pytest.mark.parametrize(
    ("target", "said"), [(0.0, "0%"), (0.5, "50%"), (0.95, "95%"), (0.975, "97.5%"), (1.0, "100%")]
)
def test_every_target_has_its_line(target: float, said: str) -> None:
    drawing = drawn(compliance_drawing(EN, [row(0, 3, 7), row(1, 9, 1)], "day", target))
    assert f"Target {said}" in texts(drawing)


def test_the_rules_are_named_counted_and_summed_up() -> None:
    drawing = drawn(rules_drawing(EN, [("Mobile", 60), ("Pages", 40)]))
    assert {"Mobile", "60", "Pages", "40"} <= set(texts(drawing))
    [shares] = [line.attrib["points"].split() for line in drawing.iter(f"{SVG}polyline")]
    first, last = (float(point.split(",")[0]) for point in shares)
    left, right = 250, 720 - 66
    assert first == pytest.approx(left + 0.6 * (right - left), abs=0.01)
    assert last == pytest.approx(right, abs=0.01)


def test_rules_that_are_not_drawn_count_in_the_whole() -> None:
    drawing = drawn(rules_drawing(EN, [("Mobile", 60), ("Pages", 20)], total=100))
    [shares] = [line.attrib["points"].split() for line in drawing.iter(f"{SVG}polyline")]
    assert float(shares[-1].split(",")[0]) == pytest.approx(250 + 0.8 * (720 - 66 - 250), abs=0.01)
    assert "60.0% of 100 violations" in drawing.attrib["aria-label"]


@pytest.mark.parametrize(("target", "said"), [(0.9555, "95.55%"), (0.9549, "95.49%"), (1, "100%")])
def test_a_target_is_said_with_the_decimals_that_it_has(target: float, said: str) -> None:
    assert f"target of {said}:" in timeline_says(EN, [row(0, 9, 1)], "day", target)


def test_what_misses_the_target_does_not_read_as_if_it_had_reached_it() -> None:
    said = timeline_says(EN, [row(0, 9_496, 504)], "day", 0.95)
    assert said.startswith("Lowest: 94.96% (")
    assert said.endswith("Periods below the target of 95%: 1 of 1.")


def test_an_hour_without_a_fax_has_no_number() -> None:
    cell = {"weekday": 1, "hour": 8, "faxes": 12, "compliance_rate": 0.5}
    drawing = drawn(heat_drawing(FR, [cell]))
    assert [text for text in texts(drawing) if text.isdigit()] == ["12"]
    assert len(list(drawing.iter(f"{SVG}rect"))) == 7 * 24
    assert drawn(heat_drawing(FR, [])).attrib["aria-label"].startswith("Aucun fax")


@pytest.mark.parametrize("width", [340, 720])
def test_hostile_names_stay_text(width: int) -> None:
    drawing = drawn(rules_drawing(EN, [(HOSTILE, 2), ("A" * 500, 1)], width=width))
    assert list(drawing.iter(f"{SVG}script")) == []
    assert any("<script>" in text for text in texts(drawing))
    assert max(len(text) for text in texts(drawing)) < 60


def test_the_colours_are_those_of_the_pages() -> None:
    for drawn_in, page in ((svg.LIGHT, template.LIGHT), (svg.DARK, template.DARK)):
        for name in ("valid", "invalid", "sent", "neutral", "text", "quiet", "grid", "band", "volume"):
            assert getattr(drawn_in, name) == getattr(page, name)


def test_a_themed_drawing_takes_its_colours_from_the_page() -> None:
    text = compliance_drawing(EN, [row(0, 1, 1), row(1, 1, 0)], "day", 0.95, look=svg.THEMED)
    assert "var(--valid)" in text
    assert not re.search("#[0-9a-f]{6}", text)
    assert "--valid: #0072b2;" in svg.LIGHT.variables()
    assert "--volume-4: #b8e0ec;" in svg.DARK.variables()
