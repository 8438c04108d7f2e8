"""What every page of this server process shares: the services, the jobs, the download tickets."""

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
    """Built once a process, at the server's start or the first visit, whichever comes first."""

    settings: Settings
    services: Services
    jobs: Jobs
    tickets: Tickets

    def close(self) -> None:
        """Let running jobs finish, then let go of the store."""
        self.jobs.close()
        self.services.close()


@st.cache_resource(show_spinner=False)
def running() -> Running:
    """The one of this process.

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
    """Whether people may sign in with an account (`st.login`): the secrets have a section `[auth]`."""
    return secrets_singleton.load_if_toml_exists() and bool(st.secrets.get("auth"))
