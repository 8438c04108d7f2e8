"""What every page of this server process shares: the services, the jobs, the download tickets."""

from dataclasses import dataclass

import streamlit as st

from faxcloud.config import Settings, load_settings
from faxcloud.services.tickets import Tickets
from faxcloud.ui.jobs import Jobs
from faxcloud.wiring import Services, build


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
    settings = load_settings()
    return Running(settings=settings, services=build(settings), jobs=Jobs(), tickets=Tickets())
