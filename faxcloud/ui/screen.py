"""What a page draws with: the translator, the services, the theme at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from faxcloud.i18n import Translator
from faxcloud.ui.language import current_translator
from faxcloud.ui.running import Running, running

if TYPE_CHECKING:
    from faxcloud.wiring import Services


@dataclass(frozen=True)
class Screen:
    """One visitor's view of the running application."""

    t: Translator
    running: Running
    dark: bool

    @property
    def services(self) -> Services:
        return self.running.services


def current_screen() -> Screen:
    """The screen of the script run at hand."""
    return Screen(t=current_translator(), running=running(), dark=st.context.theme.type == "dark")
