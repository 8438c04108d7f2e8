"""Chart data: gaps, ranges, bands, marks; and the filter chips."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from faxcloud.domain.running_totals import running_totals
from faxcloud.i18n import translator
from faxcloud.presentation.palette import LIGHT
from faxcloud.presentation.wording import timeline_says
from faxcloud.services.analytics.annotations import Mark
from faxcloud.services.analytics.compliance_target import Rates
from faxcloud.services.papers.svg_axes import labelled
from faxcloud.ui.charts import captions
from faxcloud.ui.charts.bars import invalid_bars
from faxcloud.ui.charts.cumulative import cumulative_chart
from faxcloud.ui.charts.heat import heat_chart
from faxcloud.ui.charts.marks import MOST_IMPORTS, grouped, mark_lines, mark_traces
from faxcloud.ui.charts.pareto import pareto_chart
from faxcloud.ui.charts.rate_axis import band_labels, bands
from faxcloud.ui.charts.template import time_ticks
from faxcloud.ui.charts.timeline import TimelineContext, timeline_chart
from faxcloud.ui.charts.zoom import ZOOM, shown_rows, zoom_says
from faxcloud.ui.dashboard.overview import _timeline_table, invalid_faxes_of
from faxcloud.ui.filters.selection import EXPLORE, PERIOD
from faxcloud.ui.running import Running
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import GRAIN_KINDS
from tests.ui.conftest import SMALL, Visit, metrics, texts

FIRST = dt.datetime.fromisoformat("2026-03-02")
EN = translator("en")
SCREEN = Screen(EN, cast(Running, None), dark=False)


def day(number: int, faxes: int, invalid: int = 0) -> dict[str, Any]:
    return {
        "start": FIRST + dt.timedelta(days=number),
        "faxes": faxes,
        "valid": faxes - invalid,
        "invalid": invalid,
        "pages": 2 * faxes,
        "compliance_rate": (faxes - invalid) / faxes if faxes else None,
    }


def days(count: int) -> list[dict[str, Any]]:
    return [day(number, 10, number % 3) for number in range(count)]


def test_totals_run_forwards_and_are_unknown_before_the_first_and_after_the_last_fax():
    rows = [day(0, 0), day(1, 4, 1), day(2, 0), day(3, 6), day(4, 0)]
    totals = running_totals(rows, ("faxes", "invalid", "pages"))
    assert [row["faxes"] for row in totals] == [None, 4, 4, 10, None]
    assert [row["invalid"] for row in totals] == [None, 1, 1, 1, None]
    assert cumulative_chart(SCREEN, totals, "day", "")["data"][0]["y"] == [None, 8, 8, 20, None]


@pytest.mark.parametrize(
    ("grain", "said"),
    [
        ("day", "40 faxes by 05 Mar 2026, 4 of them invalid, 80 pages. Half of them by 03 Mar 2026."),
        ("month", "40 faxes by 03/2026, 4 of them invalid, 80 pages. Half of them by 03/2026."),
    ],
)
def test_totals_are_told_by_the_end_of_a_period_and_not_by_its_first_day(grain: str, said: str):
    totals = running_totals([day(number, 10, 1) for number in range(4)], ("faxes", "invalid", "pages"))
    assert captions.cumulative_says(EN, totals, grain) == said


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month"])
def test_the_periods_of_a_table_are_sorted_as_time_and_not_as_text(grain: str):
    rows, fields = _timeline_table(EN, days(2), days(1), grain)
    by_key = {field.key: field for field in fields}
    assert by_key["start"].kind == by_key["old_start"].kind == GRAIN_KINDS[grain]
    assert [row["start"] for row in rows] == [FIRST, FIRST + dt.timedelta(days=1)]
    assert [row.get("old_start") for row in rows] == [FIRST, None]


def test_the_share_of_a_rule_is_of_all_rules_also_of_those_not_drawn():
    rows = [{"label": "a", "violations": 6}, {"label": "b", "violations": 2}]
    _, line = pareto_chart(SCREEN, rows, "", 16)["data"]
    assert line["x"] == [6 / 16, 8 / 16]


def test_a_blank_user_leads_to_no_faxes_since_a_blank_name_filters_nothing():
    assert invalid_faxes_of({"key": "Ann"}) == {"user": "Ann", "status": "invalid"}
    assert invalid_faxes_of({"key": ""}) == {}


def test_without_any_fax_nothing_is_known():
    assert running_totals([day(0, 0)], ("faxes",))[0]["faxes"] is None
    assert running_totals([], ("faxes",)) == []


def test_a_day_without_faxes_is_a_gap_in_every_line_and_no_bar():
    rows, before = [day(0, 4), day(1, 0), day(2, 4)], [day(-3, 0), day(-2, 3), day(-1, 1), day(0, 9)]
    data = timeline_chart(SCREEN, rows, "day", "", TimelineContext(previous=before))["data"]
    rate_before, volume_before, rate, valid, _ = data
    assert (rate["y"], valid["y"]) == ([1.0, None, 1.0], [4, None, 4])
    assert (rate_before["y"], volume_before["y"]) == ([None, 1.0, 1.0], [None, 3, 1])
    assert rate_before["x"] == rate["x"]
    assert "no data" in rate["customdata"][1]
    assert "27 Feb 2026" in rate_before["customdata"][0]


def test_a_zoom_stays_when_the_time_step_changes_and_ends_with_the_selection(
    load: Callable[..., str], visit: Visit
):
    load(*SMALL)
    app = visit("dashboard", "en")
    part = ["2026-03-02 10:00", "2026-03-03 10:00"]
    app.session_state[ZOOM] = (repr([(name, None) for name in (*EXPLORE, PERIOD)]), part)

    def shown() -> object:
        spec = json.loads(app.get("plotly_chart")[0].proto.spec)
        return spec["layout"]["xaxis"].get("range")

    for grain in ("auto", "week", "month"):
        app.selectbox(key="grain").set_value(grain).run()
        assert shown() == part
    app.segmented_control(key="filter_mode").set_value("SF").run()
    assert shown() is None


def test_the_caption_and_the_chip_describe_the_zoomed_days():
    rows = [day(0, 10, 9), day(1, 10), day(2, 10, 1), day(3, 10, 8)]
    part = ["2026-03-03 01:12", "2026-03-04 22:40"]
    seen = [rows[index] for index in shown_rows(rows, "day", part)]
    assert "Lowest: 90.0% (04 Mar 2026)" in timeline_says(EN, seen, "day", 0.95)
    assert zoom_says(EN, part, seen, "day") == "Zoom: 03 Mar 2026 to 04 Mar 2026"
    assert zoom_says(EN, part, [day(0, 1)], "week") == "Zoom: 02 Mar 2026 to 08 Mar 2026"
    assert "01:12" in zoom_says(EN, part, [], "hour")
    assert shown_rows(rows, "day", None) == [0, 1, 2, 3]


def test_bands_below_the_axis_are_not_drawn():
    assert len(bands(SCREEN, Rates(0.95, 0.90), 0.8)) == 4
    assert len(bands(SCREEN, Rates(0.95, 0.90), 0.9)) == 2
    assert bands(SCREEN, Rates(0.95, 0.90), 0.95) == []


def test_target_and_threshold_are_named_above_the_plot_and_cover_no_point():
    (label,) = band_labels(SCREEN, Rates(0.955, 0.9), 0.8)
    assert "Target 95.5%" in label["text"]
    assert "Threshold 90%" in label["text"]
    assert (label["yref"], label["y"], label["yanchor"]) == ("paper", 1, "bottom")
    assert "Threshold" not in band_labels(SCREEN, Rates(0.955, 0.9), 0.9)[0]["text"]
    assert band_labels(SCREEN, Rates(0.95, 0.9), 0.95) == []


def test_a_mark_is_drawn_over_the_plots_and_not_over_the_legend_between_them():
    lines = mark_lines(SCREEN, [[Mark("import", FIRST, "a.csv", 5)]])
    assert [line["yref"] for line in lines] == ["y domain", "y2 domain"]


@pytest.mark.parametrize(("count", "first"), [(4, "Mar<br>2026"), (13, "M<br>2026")])
def test_every_month_of_a_year_has_a_label_that_is_not_turned(count: int, first: str):
    starts = [
        FIRST.replace(year=2026 + (month + 2) // 12, month=(month + 2) % 12 + 1) for month in range(count)
    ]
    ticks = time_ticks(EN, starts, "month")
    assert (len(ticks["tickvals"]), ticks["ticktext"][0], ticks["tickangle"]) == (count, first, 0)
    assert [text for text in ticks["ticktext"][1:] if "<br>" in text] == (["J<br>2027"] if count > 10 else [])
    middles = [54 + 652 * (month + 0.5) / count for month in range(count)]
    assert labelled([{"start": start} for start in starts], "month", middles) == list(range(count))


def test_counts_of_bars_stand_upright_inside_where_they_fit_and_beside_elsewhere():
    bars = invalid_bars(EN, LIGHT, [4_003, 41, 0], ["a", "b", "c"], ["", "", ""])
    assert bars["textposition"] == ["inside", "outside", "outside"]
    assert [text.strip() for text in bars["text"]] == ["4,003", "41", "0"]
    assert (bars["textangle"], bars["constraintext"]) == (0, "none")


def test_an_hour_with_few_faxes_has_no_share_and_the_scale_begins_at_zero():
    hours = [
        {"weekday": 1, "hour": 8, **day(0, 100, 5)},
        {"weekday": 7, "hour": 3, **day(0, 1, 1)},
    ]
    pale, heat = heat_chart(SCREEN, hours, "invalid_rate", "")["data"]
    assert (heat["z"][0][8], heat["z"][6][3], pale["z"][6][3]) == (pytest.approx(0.05), None, 1)
    assert (heat["zmin"], heat["zmax"]) == (0, pytest.approx(0.05))
    assert heat["colorbar"]["ticktext"] == ["0.0%", "5.0%"]
    assert captions.few_say(EN, hours) == "Grey: fewer than 20 faxes, too few for a percentage."
    (volume,) = heat_chart(SCREEN, hours, "faxes", "")["data"]
    assert (volume["z"][6][3], volume["zmin"], volume["zmax"]) == (1.0, 0, 100.0)


def test_marks_of_one_kind_in_one_period_are_one_and_say_each():
    starts = [FIRST, FIRST + dt.timedelta(days=1)]
    at = [FIRST + dt.timedelta(hours=hour) for hour in (8, 9, 10, 30)]
    marks = [
        Mark("import", at[0], "<b>a</b>.csv", 5),
        Mark("rules", at[1], "faxcloud-1", 3),
        Mark("import", at[2], "b.csv", 1_500),
        Mark("import", at[3], "c.csv", 1),
    ]
    groups = grouped(marks, starts)
    assert [[mark.name for mark in group] for group in groups] == [
        ["<b>a</b>.csv", "b.csv"],
        ["faxcloud-1"],
        ["c.csv"],
    ]
    (trace,) = mark_traces(SCREEN, groups, 1.01)
    assert "&lt;b&gt;a" in trace["customdata"][0]
    assert "1,500 faxes" in trace["customdata"][0]
    assert trace["marker"]["symbol"] == ["triangle-down", "diamond", "triangle-down"]


@pytest.mark.parametrize(("count", "drawn"), [(MOST_IMPORTS, MOST_IMPORTS), (MOST_IMPORTS + 1, 0)])
def test_where_each_day_brings_an_import_none_is_marked(count: int, drawn: int):
    starts = [FIRST + dt.timedelta(days=number) for number in range(count)]
    marks = [Mark("import", start, "a.csv", 1) for start in starts]
    assert len(grouped(marks, starts)) == drawn


def test_the_sentence_of_a_chart_counts_against_the_target_at_hand():
    rows = [day(0, 10, 1), day(1, 10, 2), day(2, 0)]
    assert "Periods below the target of 90%: 1 of 2." in timeline_says(EN, rows, "day", 0.9)
    assert "Periods below the target of 90.1%: 2 of 2." in timeline_says(EN, rows, "day", 0.901)
    selected = [row | {"compliance_rate": None} for row in rows]
    assert timeline_says(EN, selected, "day", 0.9) == f"Most: 10 faxes ({EN.date(rows[0]['start'])})."


def test_periods_are_compared_where_both_have_data():
    rows, before = [day(0, 10, 1), day(1, 10, 2), day(2, 0)], [day(-3, 10, 2), day(-2, 10, 2), day(-1, 5)]
    assert (
        captions.comparison_says(EN, rows, before) == "Better than the previous period: 1 of 2; unchanged: 1."
    )
    assert captions.comparison_says(EN, rows, [day(-3, 0)]).startswith("No period has data both")


def test_a_chip_says_what_is_filtered_and_its_click_removes_it(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "en", rule="number.mobile", status="invalid")
    assert metrics(app)["Faxes"] == "1"
    assert metrics(app)["Compliance"] == "–"
    assert "1 of 5 faxes (20.0%), selected by verdict or rule" in texts(app)
    assert "below the target" not in texts(app)
    assert app.button(key="chip-rule").label == "Rule: Mobile number"
    app.button(key="chip-rule").click().run()
    assert metrics(app)["Faxes"] == "2"
    assert "rule" not in app.query_params
    app.button(key="chip-status").click().run()
    assert metrics(app)["Faxes"] == "5"
    assert not [button for button in app.button if str(button.key).startswith("chip-")]


def test_a_user_who_was_chosen_stays_chosen_on_the_dashboard_and_out_of_its_address(
    load: Callable[..., str], visit: Visit
):
    load(*SMALL)
    app = visit("dashboard", "en")
    app.session_state["chosen_filters"] = {"user": "Docteur"}
    app.session_state["filters_of"] = None
    app.run()
    assert metrics(app)["Faxes"] == "3"
    app.segmented_control(key="filter_mode").set_value("RF").run()
    assert metrics(app)["Faxes"] == "2"
    assert app.button(key="chip-user").label == "User: Docteur"
    assert not {"user", "q"} & set(app.query_params)
