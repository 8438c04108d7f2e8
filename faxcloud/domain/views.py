"""Saved view validation, and whether a view identifies a person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from faxcloud.domain.erasing import Subject
from faxcloud.domain.filters import FILTER_NAMES, PERSONAL, Filters
from faxcloud.domain.masking import Names, mask_name
from faxcloud.errors import ViewInvalid
from faxcloud.i18n import N_

LONGEST_NAME = 80
LONGEST_PARAMS = 4_000
EXTRAS = frozenset(("period", "grain", "sort", "per_page", "tab"))
"""What else of a page a view keeps; the page checks the values when it opens one."""
RENAMED_PAGES = {"reports": "imports"}
"""Earlier names of pages, in links and saved start pages, with today's."""
SHORTEST_PART = 6
"""Digits of a searched text that point at a number: fewer stand in too many."""
SHORTEST_WORD = 3

_PAGE = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)
_EXTRA = re.compile(r"[\w.-]{1,64}", re.ASCII)
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def checked_name(name: object) -> str:
    """Validate a view's name.

    Raises:
        ViewInvalid: it is not a valid name.
    """
    text = " ".join(name.split()) if isinstance(name, str) else ""
    if not text or len(text) > LONGEST_NAME or _UNWRITABLE.search(text):
        raise ViewInvalid(reason=N_("a name has 1 to 80 ordinary characters"))
    return text


def checked_page(page: object) -> str:
    """Validate the form of a page's name; only the pages know whether the page exists.

    Raises:
        ViewInvalid: it is not a page's name.
    """
    if not isinstance(page, str) or not _PAGE.fullmatch(page):
        raise ViewInvalid(reason=N_("there is no such page"))
    return page


def checked_params(params: Mapping[str, object]) -> dict[str, str]:
    """Validate a view's filters and choices: those that are given, as texts.

    Raises:
        ViewInvalid: a name is unknown, or a value is not a text that a view may store.
        FilterInvalid: a filter's value cannot be used; a personal one is not repeated.
    """
    given = {name: str(value) for name, value in params.items() if value not in (None, "")}
    extras = {name: given[name] for name in sorted(EXTRAS & given.keys())}
    if not given.keys() <= {*FILTER_NAMES, *EXTRAS} or not all(map(_EXTRA.fullmatch, extras.values())):
        raise ViewInvalid(reason=N_("it contains something that is not a filter"))
    kept = Filters.from_params(given).to_params() | extras
    if len(json.dumps(kept)) > LONGEST_PARAMS:
        raise ViewInvalid(reason=N_("it is too long"))
    return kept


def reveals_masked(params: Mapping[str, str], names: Names) -> bool:
    """Whether a view would show a text that is masked for some: a search text, an address or a name.

    Args:
        names: Masking level of user names.
    """
    user = params.get("user", "")
    return "q" in params or mask_name(user, names) != user


def names(subject: Subject, name: str, params: Mapping[str, str]) -> bool:
    """Whether a view's filters or its name identify the subject; a part of the number or the name is enough.

    It prefers to erase one view too many over keeping one that identifies the subject.
    """
    values = [params[key] for key in sorted(PERSONAL) if key in params]
    whole = any(subject.is_meant_by(text) or subject.is_quoted_in(text) for text in (name, *values))
    return whole or any(_is_part(subject, text) for text in values)


def _is_part(subject: Subject, text: str) -> bool:
    if subject.kind == "person":
        words = " ".join(text.casefold().split())
        found = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", subject.value)
        return len(words) >= SHORTEST_WORD and found is not None
    digits = "".join(char for char in text if char in "0123456789")
    return len(digits) >= SHORTEST_PART and any(digits in way for way in subject.spellings)
