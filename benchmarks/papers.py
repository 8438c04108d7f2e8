"""PDF report benchmark: from the query to the finished pages, for a month and for all data."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from benchmarks.child import Clock
from benchmarks.data import Bench
from benchmarks.measuring import Answer, Line, limit_line, median, rows_text, run, say, seconds_text

PAPER_S = 5.0
DAYS = 31


def measure(bench: Bench) -> list[Line]:
    """In a fresh process: load libraries, count faxes, draw charts, set pages."""
    with bench.copy_of_store(bench.small_rows) as home:
        answers = [run("benchmarks.papers:papers", home=home) for _ in range(bench.rounds)]
    for answer in answers:
        say(f"  month {answer['seconds']:.2f} s, everything {answer['whole']:.2f} s")
    rows = rows_text(int(median(answers, "rows")))
    return [
        limit_line(f"PDF of a month of {rows} faxes, the first one", median(answers), PAPER_S),
        Line("the same once more, in the other language", seconds_text(median(answers, "again"))),
        limit_line(f"PDF of all {rows_text(bench.small_rows)} faxes", median(answers, "whole"), PAPER_S),
        Line("workbook (XLSX) of all of them", seconds_text(median(answers, "workbook"))),
    ]


def papers(home: str) -> Answer:
    """In the child process: write the reports."""
    from faxcloud.config import Settings
    from faxcloud.domain.filters import Filters
    from faxcloud.i18n import translator
    from faxcloud.wiring import build

    services = build(Settings(home=Path(home)))
    zone = services.settings.zone
    last = max(report["last_at"] for report in services.reports.list())
    end = last.date() - dt.timedelta(days=1)
    month = Filters(start_date=end - dt.timedelta(days=DAYS - 1), end_date=end)

    def pdf(filters: Filters, language: str) -> bytes:
        from faxcloud.services.papers.pdf import pdf_of

        return pdf_of(services.papers.of(filters), translator("fr" if language == "fr" else "en"), zone)

    with Clock() as clock:
        pdf(month, "fr")
    with Clock() as again:
        pdf(month, "en")
    with Clock() as whole:
        pdf(Filters(), "fr")
    with Clock() as workbook:
        from faxcloud.services.papers.workbook import workbook_of

        workbook_of(services.papers.of(Filters()), translator("fr"), zone)
    rows = services.summaries.summary(month).values["faxes"]
    services.close()
    return clock.answer(rows=rows, again=again.seconds, whole=whole.seconds, workbook=workbook.seconds)
