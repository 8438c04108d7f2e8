"""PDF reports, typeset by typst: tagged, with title and language, the same on every machine.

The font is Libertinus Serif, which typst includes; fonts of the system are used only for characters that it
lacks, such as Chinese. Nothing is downloaded, and texts from an export reach the layout as JSON: they are
never read as markup.
"""

from __future__ import annotations

import datetime as dt
import importlib.resources
import json
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from faxcloud.domain.metrics import BY_KEY
from faxcloud.presentation.safe_text import on_paper
from faxcloud.presentation.wording import HEADLINES, change_text, change_tone, value_text
from faxcloud.services.papers.facts import facts_of, warnings_of
from faxcloud.services.papers.sections import sections_of
from faxcloud.services.papers.wording import brief_of, compared_text, period_of, title_of

if TYPE_CHECKING:
    import typst

    from faxcloud.i18n import Translator
    from faxcloud.services.papers.contents import Paper

FIGURES = (*HEADLINES, "users", "billed_pages")

LONGEST_TITLE = 120
LONGEST_RUNNING = 50


def pdf_of(paper: Paper, t: Translator, zone: dt.tzinfo) -> bytes:
    """PDF of the report on A4 pages.

    Args:
        zone: Reader's time zone, for the time of creation.
    """
    import typst  # late: a third of the start of a command that prints nothing

    template = importlib.resources.files("faxcloud") / "services" / "papers" / "report.typ"
    return typst.compile(
        template.read_bytes(),
        font_paths=_fonts(),
        sys_inputs={"paper": json.dumps(contents_of(paper, t, zone), ensure_ascii=False)},
        timestamp=int(paper.made_at.timestamp()),
    )


def contents_of(paper: Paper, t: Translator, zone: dt.tzinfo) -> dict[str, Any]:
    """JSON data of everything that the layout shows."""
    kicker = t("Faxes: activity and compliance")
    is_named = bool(paper.title) and (paper.report is None or paper.title != paper.report["file"])
    title = on_paper(title_of(paper, t), LONGEST_TITLE) if is_named else kicker
    made = t("Created on {moment} by FaxCloud", moment=t.datetime(paper.made_at, zone))
    return {
        "language": t.language,
        "kicker": kicker if is_named else "FaxCloud",
        "title": title,
        "keywords": [t("Faxes"), t("Compliance")],
        "running": on_paper(title, LONGEST_RUNNING),
        "period": period_of(paper, t),
        "made": made,
        "facts": [(name, on_paper(value)) for name, value in facts_of(paper, t, zone)],
        "warnings": warnings_of(paper, t),
        "figures": [] if paper.is_empty else [_figure(paper, t, key) for key in FIGURES],
        "compared": on_paper(compared_text(paper, t)),
        "brief": [on_paper(sentence, 500) for sentence in brief_of(paper, t)],
        "sections": [asdict(section) for section in sections_of(paper, t)],
    }


def _figure(paper: Paper, t: Translator, key: str) -> dict[str, str]:
    target = paper.target_rate
    value, before = paper.summary.values[key], (paper.before or {}).get(key)
    change = change_text(t, key, value, before)
    missed = key == "compliance_rate" and value is not None and value < target
    return {
        "label": t(BY_KEY[key].label),
        "value": value_text(t, key, value, target),
        "tone": "missed" if missed else "",
        "change": change,
        "change_tone": change_tone(key, value, before),
        "before": t("previously {value}", value=value_text(t, key, before, target)) if change else "",
    }


@cache
def _fonts() -> typst.Fonts:
    """Looked for once a process: a system may have thousands."""
    import typst

    return typst.Fonts()
