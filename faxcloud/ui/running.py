"""Shared state of one server process: services, background jobs, download tickets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.secrets import secrets_singleton

from faxcloud.config import Settings, load_settings
from faxcloud.services.tickets import Tickets
from faxcloud.ui.jobs import Jobs

if TYPE_CHECKING:
    from faxcloud.wiring import Services


@dataclass(frozen=True)
class Running:
    """Shared state of a server process, built at the server's start or at the first visit."""

    settings: Settings
    services: Services
    jobs: Jobs
    tickets: Tickets

    def close(self) -> None:
        """Shut down: let running jobs finish, then close the store."""
        self.jobs.close()
        self.services.close()


@st.cache_resource(show_spinner=False)
def running() -> Running:
    """The shared state of this process.

    Raises:
        LakeUnavailable, CatalogueUnavailable, StoreTooNew: the store cannot be opened.
    """
    # The databases' libraries take half a second to import: the server answers meanwhile.
    from faxcloud.wiring import build

    settings = load_settings()
    services = build(settings)
    services.keys.has_accounts = accounts_configured()
    return Running(settings=settings, services=services, jobs=Jobs(), tickets=Tickets())


def accounts_configured() -> bool:
    """Whether account sign-in (`st.login`) is configured: the secrets have a section `[auth]`."""
    return secrets_singleton.load_if_toml_exists() and bool(st.secrets.get("auth"))
