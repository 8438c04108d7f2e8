"""A report as workbook."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faxcloud.i18n import Translator
    from faxcloud.services.papers import Paper


def workbook_of(paper: Paper, t: Translator, zone: dt.tzinfo) -> bytes:
    """The report, a sheet a table."""
    raise NotImplementedError
