"""What the command line prints: a JSON document or text on stdout, errors where the reader looks."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import Any, Final

from faxcloud.i18n import Translator, language_of, translator
from faxcloud.services.documents import plain

UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would move the cursor, colour the terminal or turn the writing direction: a file may be named so."""


def terminal() -> Translator:
    """The reader's language, by the environment."""
    return translator(language_of(os.environ))


def printable(value: object) -> str:
    """One line that is safe to show on a terminal."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def readable(name: str) -> str:
    """A file's name as text: bytes of it that are none (POSIX allows any) become U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def say(text: str = "") -> None:
    """A line of text on stdout."""
    print(text)


def note(text: str) -> None:
    """A line on stderr: for people, also where stdout holds data."""
    print(printable(text), file=sys.stderr, flush=True)


def say_json(document: Any) -> None:
    """One document on one line; flushed, since a reader may wait for it."""
    print(json_text(document), flush=True)


def say_json_array(rows: Iterable[Any]) -> None:
    """One array, written as its rows come."""
    separator = "["
    for row in rows:
        sys.stdout.write(separator + json_text(row))
        separator = ",\n"
    print("]" if separator != "[" else "[]", flush=True)


def json_text(document: Any) -> str:
    """JSON on one line; characters that stdout cannot say are escaped."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, default=plain)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, ensure_ascii=True, allow_nan=False, default=plain)
    return text


def error_document(code: str, message: str, hint: str) -> dict[str, dict[str, str]]:
    """The shape of every error under `--json`."""
    return {"error": {"code": code, "message": message, "hint": hint}}


def show_error(code: str, message: str, hint: str, *, as_json: bool) -> None:
    """On stdout as a document, or on stderr as a line and what to do next."""
    if as_json:
        say_json(error_document(code, message, hint))
        return
    t = terminal()
    # Put in here, since a translator would cut a message as it cuts a value.
    note(t("error: {message}").replace("{message}", message))
    if hint:
        note(t("hint: {hint}").replace("{hint}", hint))
