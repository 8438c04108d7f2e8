"""Drawing context of a page: translator, services, theme."""

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
    """Drawing context of one visitor."""

    t: Translator
    running: Running
    dark: bool

    @property
    def services(self) -> Services:
        return self.running.services


def current_screen() -> Screen:
    """Drawing context of the current script run."""
    return Screen(t=current_translator(), running=running(), dark=st.context.theme.type == "dark")
