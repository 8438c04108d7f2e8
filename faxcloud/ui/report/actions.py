"""Actions of the Report page: download, share, edit the import."""

import datetime as dt

import streamlit as st

from faxcloud.domain.calendar import last_day
from faxcloud.i18n import Translator
from faxcloud.services.papers.paper import Format, Paper
from faxcloud.services.papers.wording import NAMES_FACT
from faxcloud.services.tickets import Offer
from faxcloud.ui.access import can
from faxcloud.ui.imports.editing import EDITABLE, ask_edit
from faxcloud.ui.report.sharing import ask_share
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen


def show_heading(screen: Screen, paper: Paper) -> None:
    """Title of the report and its action buttons."""
    t = screen.t
    st.header(in_markdown(paper.title or t("Period report"), 80), anchor=False)
    st.caption(_facts(screen, paper))
    with st.container(horizontal=True, gap="small", key="paper-actions"):
        _offer(screen, paper, "pdf", t("PDF"), ":material/picture_as_pdf:")
        _offer(screen, paper, "xlsx", t("Workbook (XLSX)"), ":material/table_view:")
        if can("shares.change") and st.button(
            t("Share by link"), icon=":material/qr_code_2:", key="share-report"
        ):
            ask_share(screen, paper)
        report = paper.report
        if (
            report is not None
            and report["state"] in EDITABLE
            and can("reports.change")
            and st.button(t("Edit"), icon=":material/edit:", key="edit-report")
        ):
            ask_edit(screen, report)


def _facts(screen: Screen, paper: Paper) -> str:
    t = screen.t
    facts = [
        _days(t, paper.period) if paper.period else t("No dates"),
        t("contract {name}", name=in_markdown(paper.contract)) if paper.contract else "",
        t("as of {moment}", moment=t.datetime(paper.made_at, screen.running.settings.zone)),
        t("numbers are masked") if paper.masked else "",
        t(NAMES_FACT[paper.names]) if paper.names in NAMES_FACT else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def _days(t: Translator, period: tuple[dt.date, dt.date]) -> str:
    return t("{first} to {last}", first=t.date(period[0]), last=t.date(last_day(period[1])))


def _offer(screen: Screen, paper: Paper, kind: Format, label: str, icon: str) -> None:
    """Download button of a file that is generated at the click, in the visitor's language."""
    day = dt.datetime.now(screen.running.settings.zone)
    offer = Offer(
        "paper",
        f"faxcloud-report-{day:%Y-%m-%d}.{kind}",
        paper.filters,
        kind,
        asked=(("language", screen.t.language),),
    )
    ticket = screen.running.tickets.offer(offer)
    st.link_button(label, f"download/{ticket}/{offer.file_name}", icon=icon)
