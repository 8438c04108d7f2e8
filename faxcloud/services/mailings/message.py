"""Contents of a scheduled mail: key figures in text and HTML, and attached files.

Everything comes from `Papers`, so that mail, PDF and pages show the same numbers. The HTML is what mail
programs support: tables, styles on the elements, no script, nothing loaded from anywhere.
"""

from __future__ import annotations

import datetime as dt
import html
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from faxcloud.domain.calendar import days_after
from faxcloud.domain.mailings import Mailing
from faxcloud.domain.metrics import BY_KEY
from faxcloud.i18n import N_, Language, Translator, translator
from faxcloud.presentation.csv_files import csv_file
from faxcloud.presentation.wording import HEADLINES, change_text, days_text, value_text
from faxcloud.services.mailings.smtp import Attachment, MailContents
from faxcloud.services.papers.paper import Paper, Papers
from faxcloud.services.papers.wording import selection_of

FIGURES = (*HEADLINES, "users")
MOST_RULES = 5

_INK, _QUIET, _LINE, _ACCENT, _GROUND = "#1c2733", "#55636f", "#e4eaee", "#0b546d", "#f6f8f9"
_FONT = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

Period = tuple[dt.date, dt.date]
"""First and last day."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One key figure as it is read."""

    label: str
    value: str
    change: str


class MessageWriter:
    """Composes mails, as the current actor.

    Args:
        public_url: Public address of this server; None for mails without a link.
        zone: The fax service's.
    """

    def __init__(self, papers: Papers, public_url: str | None, zone: dt.tzinfo) -> None:
        self._papers = papers
        self._public_url = public_url
        self._zone = zone

    def paper(self, mailing: Mailing, period: Period) -> Paper:
        """Report that all recipients of a mailing get for a period."""
        filters = replace(mailing.filters, start_date=period[0], end_date=period[1])
        return self._papers.of(filters, masked=mailing.is_masked, title=mailing.name)

    def write(
        self, mailing: Mailing, period: Period, paper: Paper, language: Language, zone: dt.tzinfo
    ) -> MailContents:
        """Compose the mail for a language and time zone."""
        t = translator(language)
        return MailContents(
            language=language,
            subject=_subject(t, mailing, period),
            text=self._text(t, mailing, period, paper),
            html=self._html(t, mailing, period, paper),
            attachments=tuple(self._attachment(name, t, period, paper, zone) for name in mailing.attached),
        )

    def _attachment(
        self, name: str, t: Translator, period: Period, paper: Paper, zone: dt.tzinfo
    ) -> Attachment:
        days = dict.fromkeys(day.isoformat() for day in period)  # once where it is one day
        stem = "faxcloud-" + "_".join(days)
        if name == "pdf":
            return Attachment(f"{stem}.pdf", "application/pdf", self._papers.write(paper, "pdf", t, zone))
        return Attachment(f"{stem}.csv", "text/csv", table_of(paper, t))

    def _link(self, paper: Paper, language: Language) -> str | None:
        if self._public_url is None:
            return None
        return f"{self._public_url}/?{urlencode({**paper.filters.shareable_params(), 'lang': language})}"

    def _text(self, t: Translator, mailing: Mailing, period: Period, paper: Paper) -> str:
        parts = [mailing.name, _about(t, period, paper), ""]
        if paper.is_empty:
            parts += [t(NOTHING), ""]
        else:
            lines = figures(t, paper)
            width = max(len(line.label) for line in lines)
            parts += [f"{line.label:<{width}}  {line.value}  {line.change}".rstrip() for line in lines]
            parts += ["", t(COMPARED), ""] if any(line.change for line in lines) else [""]
            if paper.rules:
                parts += [t(MOST_VIOLATED)]
                parts += [
                    "- " + t("{label}: {count}", label=label, count=count)
                    for label, count in _rules(t, paper)
                ]
                parts += [""]
        link = self._link(paper, t.language)
        if link is not None:
            parts += [t("Open it in FaxCloud: {link}", link=link), ""]
        return "\n".join([*parts, "-- ", t(WHY, name=mailing.name), ""])

    def _html(self, t: Translator, mailing: Mailing, period: Period, paper: Paper) -> str:
        body = _paragraph(t(NOTHING)) if paper.is_empty else _figures_html(t, paper)
        link = self._link(paper, t.language)
        if link is not None:
            words = html.escape(t("Open it in FaxCloud"))
            body += (
                f'<p style="margin:24px 0"><a href="{html.escape(link)}" style="background:{_ACCENT};'
                f"color:#ffffff;padding:10px 18px;border-radius:6px;text-decoration:none;"
                f'display:inline-block">{words}</a></p>'
            )
        return _document(
            t.language,
            title=_subject(t, mailing, period),
            heading=mailing.name,
            below=_about(t, period, paper),
            body=body,
            foot=t(WHY, name=mailing.name),
        )


NOTHING = N_("No data: no fax in this period.")
COMPARED = N_("Changes are relative to the same number of days just before.")
MOST_VIOLATED = N_("Most often violated")
WHY = N_(
    "FaxCloud sends this regularly to the recipients of “{name}”. To unsubscribe, ask the person who "
    "maintains the list."
)


def figures(t: Translator, paper: Paper) -> list[_Line]:
    """Key figures, with their change where there is a period before."""
    before = paper.before or {}
    return [
        _Line(
            t(BY_KEY[key].label),
            value_text(t, key, paper.summary.values[key], paper.target_rate),
            change_text(t, key, paper.summary.values[key], before.get(key)),
        )
        for key in FIGURES
    ]


def table_of(paper: Paper, t: Translator) -> bytes:
    """Metrics over time as CSV, with their totals last, in the spreadsheet dialect of that language.

    A rate is 0 to 1. What does not exist is empty. Nothing in it was exported by the fax service, so nothing
    in it can be a formula.
    """
    keys = [key for key in BY_KEY if not paper.timeline or key in paper.timeline[0]]
    shape = "%Y-%m-%d %H:%M" if paper.grain == "hour" else "%Y-%m-%d"
    header = [t("Start"), *(t(BY_KEY[key].label) for key in keys)]
    rows = [[row["start"].strftime(shape), *(row.get(key) for key in keys)] for row in paper.timeline]
    rows.append([t("Total"), *(paper.summary.values.get(key) for key in keys)])
    return csv_file(header, rows, t.locale.csv)


def _subject(t: Translator, mailing: Mailing, period: Period) -> str:
    return t("{name}: {period}", name=mailing.name, period=_days(t, period))


def _about(t: Translator, period: Period, paper: Paper) -> str:
    """The days, and what else was chosen: `05/10/2026 to 11/10/2026 · SF`."""
    chosen = [value for _, value in selection_of(paper, t)]
    return " · ".join([_days(t, period), *chosen])


def _days(t: Translator, period: Period) -> str:
    return days_text(t, period[0], days_after(period[1]))


def _rules(t: Translator, paper: Paper) -> list[tuple[str, str]]:
    rows = paper.rules[:MOST_RULES]
    return [(paper.rule_label(row["key"], t.language), t.number(row["violations"])) for row in rows]


def _figures_html(t: Translator, paper: Paper) -> str:
    lines = figures(t, paper)
    rows = "".join(
        f'<tr><th scope="row" style="{_cell_style("left")};font-weight:400">{html.escape(line.label)}</th>'
        f'<td style="{_cell_style("right")};font-weight:600">{html.escape(line.value)}</td>'
        f'<td style="{_cell_style("right")};color:{_QUIET}">{html.escape(line.change)}</td></tr>'
        for line in lines
    )
    text = _table(rows)
    if any(line.change for line in lines):
        text += _paragraph(t(COMPARED), small=True)
    if paper.rules:
        rows = "".join(
            f'<tr><th scope="row" style="{_cell_style("left")};font-weight:400">{html.escape(label)}</th>'
            f'<td style="{_cell_style("right")};font-weight:600">{html.escape(count)}</td></tr>'
            for label, count in _rules(t, paper)
        )
        text += f'<h2 style="font-size:16px;margin:24px 0 4px">{html.escape(t(MOST_VIOLATED))}</h2>'
        text += _table(rows)
    return text


def _table(rows: str) -> str:
    return f'<table style="border-collapse:collapse;width:100%;font-size:15px">{rows}</table>'


def _cell_style(side: str) -> str:
    return f"padding:8px 6px;border-bottom:1px solid {_LINE};text-align:{side}"


def _paragraph(text: str, *, small: bool = False) -> str:
    style = f"font-size:13px;color:{_QUIET};margin:8px 0" if small else "font-size:15px;margin:16px 0"
    return f'<p style="{style}">{html.escape(text)}</p>'


def _document(language: Language, *, title: str, heading: str, below: str, body: str, foot: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title></head>"
        f'<body style="margin:0;padding:16px;background:{_GROUND};color:{_INK};{_FONT}">'
        '<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;'
        f'border:1px solid {_LINE};border-radius:8px">'
        f'<h1 style="font-size:20px;margin:0">{html.escape(heading)}</h1>'
        f'<p style="font-size:15px;color:{_QUIET};margin:4px 0 16px">{html.escape(below)}</p>'
        f"{body}"
        f'<p style="font-size:12px;color:{_QUIET};margin:24px 0 0;border-top:1px solid {_LINE};'
        f'padding-top:12px">{html.escape(foot)}</p>'
        "</div></body></html>\n"
    )
