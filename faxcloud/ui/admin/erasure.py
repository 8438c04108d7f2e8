"""Erasure section: count a person's faxes, anonymise them for good, list the certificates."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from faxcloud.i18n import N_, Translator
from faxcloud.services.access.keys import who
from faxcloud.services.privacy.certificates import NOT_COVERED
from faxcloud.ui.admin import admin_jobs
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.figures import show_figures
from faxcloud.ui.widgets.tables import Field, show_table

JOB, FOUND = "erasure_job", "erasure_found"
KINDS = {"number": N_("Phone number"), "person": N_("Name or e-mail address")}


def show_erasure(screen: Screen) -> None:
    """Erasure form (count first, then erase) and the list of all certificates."""
    t = screen.t
    with st.container(border=True, key="erasure"):
        st.header(t("Erase a person or number"), anchor=False)
        st.caption(
            t(
                "Everything stored about a number or a person is anonymised: the faxes still count, "
                "with the same verdicts. This cannot be undone; a certificate records what was done."
            )
        )
        _show_form(screen)
        found = st.session_state.get(FOUND)
        if found is not None:
            _show_found(screen, *found)
        admin_jobs.follow(JOB)
        certificate = admin_jobs.result_of(JOB)
        if certificate is not None:
            st.success(
                t("Erased faxes: {count}. The certificate is below.", count=certificate["faxes_total"]),
                icon=":material/task_alt:",
            )
        _show_certificates(screen)


def _show_form(screen: Screen) -> None:
    t = screen.t
    with (
        st.form("erasure-subject", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        kind = st.selectbox(
            t("Kind of data"),
            list(KINDS),
            format_func=lambda key: t(KINDS[key]),
            key="erasure-kind",
            width=240,
        )
        value = st.text_input(t("Number, name or address"), key="erasure-value", width=320)
        submitted = st.form_submit_button(t("Search"), icon=":material/person_search:")
    if submitted:
        st.session_state.pop(FOUND, None)
        st.session_state.pop(f"{JOB}-result", None)
        with shown_errors(), st.spinner(t("One moment…")):
            subject = {kind: value.strip()}
            st.session_state[FOUND] = (subject, screen.services.privacy.find(**subject))


def _show_found(screen: Screen, subject: Mapping[str, str], found: Mapping[str, Any]) -> None:
    t = screen.t
    rejects = sum(found["rejects"].values())
    show_figures(
        "figures-erasure",
        (
            (t("Faxes"), t.number(found["faxes_total"]), None),
            (t("Imports"), t.number(len(found["faxes"])), t("Imports with these faxes.")),
            (t("Rejected records"), t.number(rejects), None),
            (t("Entries in lists of changes"), t.number(found["changes"]), None),
            (
                t("Views, e-mails, links, alerts"),
                t.number(found["choices"]),
                t("Views, e-mails, links and alert rules that name them."),
            ),
        ),
    )
    if not (found["faxes_total"] or rejects or found["changes"] or found["choices"]):
        st.info(t("Nothing is stored about it."), icon=":material/search_off:")
        return
    if st.button(t("Erase"), icon=":material/person_cancel:", key="erase"):
        _ask(screen, subject, found)


def _ask(screen: Screen, subject: Mapping[str, str], found: Mapping[str, Any]) -> None:
    t = screen.t

    def erase() -> None:
        admin_jobs.start(
            screen, JOB, lambda report: screen.services.privacy.erase(**subject, progress=report)
        )
        # Delete the name from the session: it is no longer needed.
        st.session_state.pop(FOUND, None)

    ask(
        t("Erase this person's or number's faxes?"),
        t(
            "{subject}: {count} faxes are anonymised, and earlier versions of the data are deleted "
            "at once. This cannot be undone.",
            subject=in_markdown(next(iter(subject.values())), 80),
            count=found["faxes_total"],
        ),
        t("Erase"),
        erase,
    )


def _show_certificates(screen: Screen) -> None:
    t = screen.t
    privacy = screen.services.privacy
    certificates = privacy.certificates()
    st.markdown("**" + t("Certificates") + "**")
    if not certificates:
        st.caption(t("None yet."))
        return
    names = screen.services.keys.names()
    rows = [
        {
            **each,
            "created": dt.datetime.fromisoformat(each["created_at"]),
            "pseudonym": each["subject"]["pseudonym"],
            "actor": who(t, names, each["actor"]),
            "genuine": t("yes") if privacy.verify_certificate(each) else t("NO"),
        }
        for each in certificates
    ]
    fields = [
        Field("created", t("Written"), "time", width=160),
        Field("actor", t("By"), width=150),
        Field("faxes_total", t("Faxes"), "count", width=90),
        Field("genuine", t("Authentic"), width=90),
        Field("pseudonym", t("Subject"), width="medium"),
        Field("erasure_id", t("Certificate"), width="medium"),
    ]
    with st.container(key="certificates"):
        # A new key after an erasure resets the selection, which would point to another certificate.
        chosen = show_table(screen, rows, fields, key=f"certificates-{len(rows)}", selectable=True)
    st.caption(t("Select a certificate to read it in full and to download it."))
    if chosen is not None:
        _show_certificate(t, certificates[chosen])


def _show_certificate(t: Translator, certificate: Mapping[str, Any]) -> None:
    with st.container(border=True, key="one-certificate"):
        checked = certificate["verification"]
        st.markdown(
            t(
                "Checked afterwards in {files} files: {faxes} faxes, {rejects} rejected records and "
                "{changes} entries in lists of changes are left.",
                files=checked["files_read"],
                faxes=checked["faxes_in_files"],
                rejects=checked["rejects"],
                changes=checked["changes"],
            )
        )
        st.markdown("**" + t("Not erased:") + "**")
        st.markdown(
            "\n".join(
                f"- {t(NOT_COVERED[item['what']])} {in_markdown(', '.join(item['which']), 300)}"
                for item in certificate["not_covered"]
            )
        )
        st.download_button(
            t("Download the certificate"),
            json.dumps(certificate, ensure_ascii=False, indent=2),
            f"erasure-{certificate['erasure_id']}.json",
            "application/json",
            icon=":material/download:",
            key="download-certificate",
        )
