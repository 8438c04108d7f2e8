"""Command output and exit codes: a JSON document or text on stdout, errors on stderr or as JSON."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import Any, Final

from faxcloud.errors import FaxCloudError, FilterInvalid
from faxcloud.i18n import Translator, language_of, translator
from faxcloud.services.documents import plain

DONE = 0
FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells say it

EXIT_CODES: dict[type[FaxCloudError], int] = {
    FaxCloudError: FAILED,
    FilterInvalid: WRONG_USAGE,  # the value of an option
}

UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters in file names that would control the terminal or change the writing direction."""


def exit_code_of(error: FaxCloudError) -> int:
    """Exit code of an error, by its class or the nearest base class with one."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def terminal() -> Translator:
    """Translator for the language in the environment."""
    return translator(language_of(os.environ))


def printable(value: object) -> str:
    """One line of text without characters that could control a terminal."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def readable(name: str) -> str:
    """File name as valid text: undecodable bytes (POSIX allows any) become U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def say(text: str = "") -> None:
    """Print a line of text on stdout."""
    print(text)


def note(text: str) -> None:
    """Print a line on stderr, for people, also while stdout carries data."""
    print(printable(text), file=sys.stderr, flush=True)


def say_json(document: Any) -> None:
    """Print one JSON document on one line, flushed, since a reader may wait for it."""
    print(json_text(document), flush=True)


def say_json_array(rows: Iterable[Any]) -> None:
    """Print one JSON array, written row by row."""
    separator = "["
    for row in rows:
        sys.stdout.write(separator + json_text(row))
        separator = ",\n"
    print("]" if separator != "[" else "[]", flush=True)


def json_text(document: Any) -> str:
    """JSON on one line; characters that stdout cannot encode are escaped."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, default=plain)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, ensure_ascii=True, allow_nan=False, default=plain)
    return text


def error_document(code: str, message: str, hint: str) -> dict[str, dict[str, str]]:
    """JSON document of an error, for `--json`."""
    return {"error": {"code": code, "message": message, "hint": hint}}


def show_error(code: str, message: str, hint: str, *, as_json: bool) -> None:
    """Print an error: as a document on stdout, or as a line and a hint on stderr."""
    if as_json:
        say_json(error_document(code, message, hint))
        return
    t = terminal()
    # Inserted here, since a translator would shorten a message as it shortens a value.
    note(t("error: {message}").replace("{message}", message))
    if hint:
        note(t("hint: {hint}").replace("{hint}", hint))
