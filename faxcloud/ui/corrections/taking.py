"""Taking a list along: for the owner of one address book, or for all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from faxcloud.errors import KeyRequired
from faxcloud.i18n import Translator
from faxcloud.rules.filters import Filters
from faxcloud.services.actors import Actor, acting, current_actor
from faxcloud.services.mailing_makers import Makers
from faxcloud.ui.access import can
from faxcloud.ui.downloads import ICON
from faxcloud.ui.screen import Screen

if TYPE_CHECKING:
    from faxcloud.wiring import Services


LOCAL = "local"
"""Whoever sits at a server that has no key yet."""


def offer_list(
    screen: Screen, selection: Filters, key: str, *, rule: str | None = None, user: str | None = None
) -> None:
    """Both forms of the list; nothing for whoever may not export."""
    if not can("rows.export"):
        return
    t, actor = screen.t, current_actor()
    name = f"faxcloud-corrections-{dt.datetime.now(screen.running.settings.zone):%Y-%m-%d}"
    with st.popover(t("Download the list"), icon=ICON, key=f"{key}-downloads"):
        st.caption(t("One line per user, number and cause, with the suggested number and what to do."))
        for label, suffix, separator, bom in (
            (t("CSV"), "", ",", False),
            (t("CSV for Excel in French"), "-excel", ";", True),
        ):
            st.download_button(
                label,
                partial(list_of, screen.services, selection, t, rule, user, separator, bom, actor),
                f"{name}{suffix}.csv",
                "text/csv",
                key=f"{key}{suffix}-csv",
                icon=ICON,
                type="tertiary",
                on_click="ignore",
            )


def list_of(
    services: Services,
    selection: Filters,
    t: Translator,
    rule: str | None,
    user: str | None,
    separator: str,
    bom: bool,
    actor: Actor,
) -> bytes:
    """The file, on behalf of `actor` as far as it may still have it.

    Raises:
        KeyRequired, MakerGone, NotAllowed: it may not any more.
    """
    # Made at the click, in a thread that draws no page and knows no visitor: with the rights that whoever
    # the button was drawn for has by then.
    if actor.name == LOCAL and not services.keys.is_open():
        raise KeyRequired  # the first key was made while the page was open
    now = Makers(services.keys, services.accounts).actor(actor.name)
    with acting(replace(now, address=actor.address)):
        return services.corrections.csv(selection, t, rule=rule, user=user, separator=separator, bom=bom)
