"""Computing parts of the pages."""

import datetime as dt
import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.errors import EmptyFile
from faxcloud.i18n import translator
from faxcloud.presentation.grains import natural_grain
from faxcloud.services.actors import SYSTEM
from faxcloud.services.tickets import LIFETIME_S, MOST_TICKETS, Offer, Tickets
from faxcloud.ui.charts.kpis import change_text, has_direction, signed, value_text
from faxcloud.ui.filters.grains import span_days
from faxcloud.ui.filters.selection import PRESETS
from faxcloud.ui.jobs import Jobs
from faxcloud.ui.safe_text import in_chart, in_markdown, plain

TODAY = dt.date(2026, 11, 21)
NEWEST = dt.date(2026, 10, 31)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("7d", "2026-10-25", "2026-10-31"),
        ("30d", "2026-10-02", "2026-10-31"),
        ("month", "2026-11-01", "2026-11-21"),
        ("last-month", "2026-10-01", "2026-10-31"),
        ("year", "2026-01-01", "2026-11-21"),
    ],
)
def test_a_named_period_has_its_days(preset: str, first: str, last: str):
    assert PRESETS[preset].days(TODAY, NEWEST) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def test_the_last_month_in_january_is_december():
    days = PRESETS["last-month"].days(dt.date(2027, 1, 15), NEWEST)
    assert days == (dt.date(2026, 12, 1), dt.date(2026, 12, 31))


@pytest.mark.parametrize(
    ("days", "grain"), [(1, "hour"), (3, "hour"), (4, "day"), (120, "day"), (121, "week"), (801, "month")]
)
def test_the_grain_follows_the_length_of_the_period(days: int, grain: str):
    assert natural_grain(days) == grain


def test_an_open_end_is_closed_by_the_data():
    data = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    assert span_days((dt.date(2026, 3, 30), None), data) == 2
    assert span_days(None, data) == 31
    assert span_days(None, None) == 1


def test_a_rate_changes_by_points_and_a_count_by_per_cent():
    t = translator("fr")
    assert change_text(t, "compliance_rate", 0.95, 0.97) == "-2,0 pt"
    assert change_text(t, "faxes", 150, 100) == "+50,0\u202f%"


def test_a_change_that_reads_as_zero_has_no_direction():
    t = translator("en")
    assert change_text(t, "compliance_rate", 0.95004, 0.95) == "0.0 pt"
    assert change_text(t, "faxes", 9_999, 10_000) == "0.0%"
    assert signed("0.0%", -0.0004) == "0.0%"
    assert signed("0.4%", -0.004) == "-0.4%"
    assert [has_direction(change) for change in ("+1.0 pt", "-0.1%", "0.0 pt", None)] == [
        True,
        True,
        False,
        False,
    ]


def test_a_figure_on_a_page_is_the_one_on_paper():
    t = translator("en")
    assert value_text(t, "duration_s", 3_700) == "1 h 01 min"
    assert value_text(t, "billed_pages", 12.5) == "12.50"
    assert value_text(t, "billed_pages", Decimal("12.00")) == "12.00"
    assert value_text(t, "compliance_rate", None) == value_text(t, "billed_pages", None) == "–"


def test_there_is_no_change_against_nothing():
    t = translator("en")
    assert change_text(t, "compliance_rate", 0.95, None) is None
    assert change_text(t, "compliance_rate", None, 0.95) is None
    assert change_text(t, "faxes", 5, 0) is None


def test_foreign_text_is_one_line_of_bounded_length_in_its_own_direction():
    assert plain("a\r\nb\u202ec") == "a bc"
    assert len(plain("n" * 10_000)) == 160


def test_markdown_and_tags_are_shown_as_they_are():
    assert in_markdown("$x$ [a](b)") == "\\$x\\$ \\[a\\]\\(b\\)"
    assert "@b" not in in_markdown("a@b.example")
    assert in_chart("<a href='x'>") == "&lt;a href='x'&gt;"


def test_a_ticket_is_the_same_for_the_same_offer_and_no_other():
    tickets = Tickets()
    csv = Offer("export", "a.csv", Filters(q="33612345678"))
    assert tickets.offer(csv) == tickets.offer(Offer("export", "a.csv", Filters(q="33612345678")))
    assert tickets.offer(csv) != tickets.offer(Offer("export", "a.csv", Filters(q="33612345679")))
    assert tickets.claim(tickets.offer(csv)) == replace(csv, actor=SYSTEM)
    assert "33612345678" not in tickets.offer(csv)


def test_a_ticket_of_another_process_or_an_old_one_buys_nothing():
    now = [0.0]
    tickets = Tickets(clock=lambda: now[0])
    ticket = tickets.offer(Offer("export", "a.csv"))
    assert Tickets().claim(ticket) is None
    now[0] = LIFETIME_S + 1
    assert tickets.claim(ticket) is None


def test_tickets_are_bounded():
    tickets = Tickets()
    first = tickets.offer(Offer("rejects", "a.csv", subject="0"))
    for number in range(MOST_TICKETS):
        tickets.offer(Offer("rejects", "a.csv", subject=str(number + 1)))
    assert tickets.claim(first) is None


def test_a_job_tells_its_progress_and_its_result():
    jobs = Jobs()
    go = threading.Event()

    def work(report):
        report("half")
        go.wait(10)
        return 42

    job = jobs.start("import", "a.csv", work)
    go.set()
    jobs.close()
    assert (job.state, job.progress, job.result) == ("done", "half", 42)


def test_a_job_that_is_refused_keeps_its_error_and_one_that_breaks_has_an_incident():
    jobs = Jobs()

    def refuse(_report):
        raise EmptyFile(file="a.csv")

    def break_down(_report):
        raise ZeroDivisionError

    refused, broken = jobs.start("import", "a", refuse), jobs.start("import", "b", break_down)
    while not (refused.is_over and broken.is_over):
        threading.Event().wait(0.01)
    jobs.close()
    assert isinstance(refused.error, EmptyFile)
    assert refused.incident == ""
    assert len(broken.incident) == 8
