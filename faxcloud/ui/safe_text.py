"""Escaping of untrusted text (from files or users) for display on a page."""

import html
import re

LONGEST = 160
"""Maximum length of untrusted text within a sentence; tables show all of it."""

# Characters that turn the writing direction around: one of them in a name would reorder the page after it.
_DIRECTION = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(r"@|:(?=//)|www(?=\.)", re.IGNORECASE)
_JOINER = "\u2060"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=&@/\"'])")


def plain(text: object, longest: int = LONGEST) -> str:
    """One line without control or direction characters, at most `longest` characters.

    >>> plain("a\\nb\\u202ec")
    'a bc'
    """
    line = _CONTROLS.sub(" ", _DIRECTION.sub("", str(text))).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"


def in_markdown(text: object, longest: int = LONGEST) -> str:
    """Escape for st.markdown, captions and labels: no formula, link, directive, emoji or tag.

    Addresses become links even when escaped, so they are broken by a character that is not seen.

    >>> in_markdown("$x$ :red[y]")
    '\\\\$x\\\\$ \\\\:red\\\\[y\\\\]'
    """
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub(lambda match: match[0] + _JOINER, plain(text, longest)))


def in_chart(text: object, longest: int = 30) -> str:
    """Escape for Plotly, whose labels interpret a few tags.

    >>> in_chart("<b>x</b>")
    '&lt;b&gt;x&lt;/b&gt;'
    """
    return html.escape(plain(text, longest), quote=False)
