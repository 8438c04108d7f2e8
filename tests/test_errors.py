"""Errors: each has its own code, and a message and hint in both languages."""

import datetime as dt
import pickle
import re
import string

import pytest

from faxcloud import errors
from faxcloud.errors import FaxCloudError
from faxcloud.i18n import LANGUAGES, LONGEST_VALUE, Language, translator


def tree(root: type[FaxCloudError]) -> list[type[FaxCloudError]]:
    return [root, *(error for child in root.__subclasses__() for error in tree(child))]


# Errors of other modules' tests may subclass the root too: only those of the application count.
ERRORS = [error for error in tree(FaxCloudError) if error.__module__.startswith("faxcloud.errors.")]


def example(error: type[FaxCloudError]) -> FaxCloudError:
    """With a value for each field that its sentences could not hold by themselves."""
    parsed = [*string.Formatter().parse(error.template), *string.Formatter().parse(error.hint_template)]
    values = {
        name: len(name) * 1_000_000 if spec == "bytes" else f"<{name}>" for _, name, spec, _ in parsed if name
    }
    return error(**values)


def test_no_two_errors_share_a_code():
    codes = [error.code for error in ERRORS]
    assert len(codes) == len(set(codes)) > 30


def test_every_error_is_in_the_tree_drawn_at_the_top():
    assert errors.__doc__ is not None
    drawn = set(re.findall(r"\w+", errors.__doc__))
    assert [error.__name__ for error in ERRORS if error.__name__ not in drawn] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_message_and_hint_quote_every_value(error: type[FaxCloudError], language: Language):
    raised = example(error)
    translate = translator(language)
    message, hint = raised.render(translate)
    assert message
    assert hint
    for value in raised.values.values():
        assert (translate.bytes(value) if isinstance(value, int) else value) in message + hint


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_is_said_in_french(error: type[FaxCloudError]):
    raised = example(error)
    message, hint = raised.render(translator("fr"))
    assert message != raised.message
    assert hint != raised.hint


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_crosses_processes_whole(error: type[FaxCloudError]):
    raised = example(error)
    arrived = pickle.loads(pickle.dumps(raised))
    assert type(arrived) is error
    assert (arrived.message, arrived.hint, arrived.values) == (raised.message, raised.hint, raised.values)


def test_an_error_without_a_value_for_a_field_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError, match="MissingColumns lacks missing"):
        errors.MissingColumns(found=["Mode"])


def test_missing_columns_are_named_and_so_are_those_found():
    raised = errors.MissingColumns(missing=["Mode", "Pages"], found=["Fax ID", "User"], file="export.csv")
    assert str(raised) == "The file lacks the columns: Mode, Pages. Found: Fax ID, User."
    assert raised.values["file"] == "export.csv"


def test_numbers_sizes_and_dates_are_written_in_the_readers_language():
    full = errors.DiskFull(needed=3_200_000_000, free=512)
    twice = errors.AlreadyImported(
        report_id="a1", file="export.csv", imported_at=dt.datetime(2026, 11, 5, 14, 30, tzinfo=dt.UTC)
    )
    assert full.message == "The disk is full: 3.2 GB are needed, 512 B are free."
    assert full.render(translator("fr"))[0] == "Le disque est plein\u202f: il faut 3,2 Go, il reste 512 o."
    assert "05 Nov 2026 14:30 UTC" in twice.message
    assert "05/11/2026 14:30 UTC" in twice.render(translator("fr"))[0]


def test_a_hostile_value_stays_one_short_line():
    raised = errors.EmptyFile(file="a\n\x1b[31mb\u2028" + "x" * 5000)
    assert raised.message.isprintable()
    assert len(raised.message) < LONGEST_VALUE + 50


def test_braces_in_a_value_are_only_text():
    assert str(errors.EmptyFile(file="{file.__class__}.csv")) == "{file.__class__}.csv is empty."


def test_the_value_that_is_expected_is_said_in_the_readers_language():
    error = errors.KeyInvalid(name="name", value="", expected="1 to {limit} printable characters", limit=100)
    assert "1 to 100 printable characters" in error.message
    assert "de 1 à 100 caractères imprimables" in error.render(translator("fr"))[0]


TERMINAL_ONLY = (errors.ServerError, errors.Unprotected)
"""Raised in commands and at the start of a server, never on a page."""


@pytest.mark.parametrize("error", [kind for kind in ERRORS if not issubclass(kind, TERMINAL_ONLY)])
def test_a_hint_on_a_page_names_no_command(error: type[FaxCloudError]):
    hint = error.page_hint_template or error.hint_template
    assert not re.search(r"`(faxcloud|make|alerts|keys|database)\b|--[a-z]|python -m", hint)
    assert "{" not in error.page_hint_template
