"""Data protection section: retention, erasure, pseudonymised exports."""

from faxcloud.ui.access import require
from faxcloud.ui.admin.erasure import show_erasure
from faxcloud.ui.admin.pseudonyms import show_pseudonyms
from faxcloud.ui.admin.retention import show_retention
from faxcloud.ui.screen import Screen


def show_privacy(screen: Screen) -> None:
    """Retention, erasure and pseudonymised exports, one below the other."""
    require("privacy.change")
    show_retention(screen)
    show_erasure(screen)
    show_pseudonyms(screen)
