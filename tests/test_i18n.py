"""Translations: both languages are complete, with their own numbers, dates and units."""

import datetime as dt
import doctest
import re
import string
import zoneinfo
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_from_file
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from faxcloud import i18n
from faxcloud.i18n import NO_DATA, language_of, negotiate, translator

ROOT = Path(__file__).resolve().parents[1]
PO = ROOT / "faxcloud" / "locale" / "fr" / "LC_MESSAGES" / "faxcloud.po"
KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "t": None, "translate": None}  # as in `make messages`
ENGLISH = translator("en")
FRENCH = translator("fr")


def sentences() -> set[tuple[str | None, str]]:
    """Every sentence that the code marks for translation, with its context."""
    found = {
        (entry[4], entry[2])
        for folder in ("faxcloud", "pages")
        for entry in extract_from_dir(ROOT / folder, method_map=[("**.py", "python")], keywords=KEYWORDS)
    }
    app = ROOT / "streamlit_app.py"
    if app.exists():
        found |= {(entry[3], entry[1]) for entry in extract_from_file("python", app, keywords=KEYWORDS)}
    return {(context, said if isinstance(said, str) else said[0]) for context, said in found}


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_of_the_code_is_said_in_french():
    with PO.open("rb") as lines:
        catalogue = read_po(lines, locale="fr")
    said = {
        (m.context, m.id if isinstance(m.id, str) else m.id[0])
        for m in catalogue
        if m.id and m.string and all(m.string)
    }
    assert sentences() - said == set(), "run `make messages` and write the French"


def test_no_translation_waits_to_be_looked_at():
    with PO.open("rb") as lines:
        assert [message.id for message in read_po(lines, locale="fr") if message.id and message.fuzzy] == []


def test_a_translation_quotes_the_fields_of_its_original():
    with PO.open("rb") as lines:
        catalogue = [message for message in read_po(lines, locale="fr") if message.id]
    assert len(catalogue) > 50
    for message in catalogue:
        originals = (message.id,) if isinstance(message.id, str) else message.id
        said = (message.string,) if isinstance(message.string, str) else message.string
        for text in said:
            assert fields(text) == fields(originals[-1]), originals


# One French term for each thing, as hospital staff use it; `serveur de messagerie` is the mail server.
OTHER_TERMS = re.compile(
    r"courriel|adresses? électronique|adresse de messagerie|\bjug(?:e|é|er|és|ée|ées)\b|revalida[^t]"
    r"|\blacs?\b|violation|tuile|\blivrais|la maison|non indiqué",
    re.IGNORECASE,
)
TYPEWRITTEN = re.compile(
    r"[A-Za-zÀ-ÿ]'[A-Za-zÀ-ÿ]|[ \u00a0][;!?»](?:\s|$)|[ \u00a0]:(?:\s|$)|«[ \u00a0]|[0-9][ \u00a0]%"
)
"""A straight apostrophe, or a space where French has a narrow no-break one."""


@pytest.mark.parametrize("fault", [OTHER_TERMS, TYPEWRITTEN], ids=["terms", "typography"])
def test_french_uses_one_term_for_each_thing_and_its_own_typography(fault: re.Pattern[str]):
    with PO.open("rb") as lines:
        said = [text for message in read_po(lines, locale="fr") if message.id for text in forms(message)]
    assert [text for text in said if fault.search(text)] == []


def test_one_english_word_has_a_french_word_for_each_context():
    assert (FRENCH.pgettext("column", "Change"), ENGLISH.pgettext("column", "Change")) == (
        "Évolution",
        "Change",
    )
    assert (FRENCH("Import"), FRENCH.pgettext("button", "Import")) == ("Import", "Importer")
    assert (FRENCH("Sent"), FRENCH.pgettext("e-mail", "Sent")) == ("Émis", "Envoyés")
    assert (FRENCH("Open"), FRENCH.pgettext("button", "Open")) == ("Ouverte", "Ouvrir")


def test_the_examples_in_the_documentation_are_true():
    result = doctest.testmod(i18n)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("fr;q=0.4, en;q=0.7", "en"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("fr;q=0", "en"),
        ("de-DE, nl", "en"),
        ("de, fr;q=0.5", "fr"),
        ("*", "en"),
        ("fr_FR.UTF-8", "fr"),
        ("fr_BE@euro", "fr"),
        ("C.UTF-8", "en"),
        ("frr", "en"),
        ("fr;q=1.2.3, en;q=0.1", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_reader_gets_french_only_when_french_is_preferred(asked: str | None, language: str):
    assert negotiate(asked) == language


@given(st.text())
def test_any_header_gets_a_language(header: str):
    assert negotiate(header) in i18n.LANGUAGES


def test_a_terminals_language_follows_the_order_of_posix():
    assert language_of({"LANG": "fr_FR.UTF-8"}) == "fr"
    assert language_of({"LC_ALL": "en_GB.UTF-8", "LANG": "fr_FR.UTF-8"}) == "en"
    assert language_of({"LC_ALL": "", "LC_MESSAGES": "fr_FR", "LANG": "en_US"}) == "fr"
    assert language_of({}) == "en"


def test_a_sentence_without_french_is_shown_in_english():
    assert FRENCH("Nobody wrote this {thing}.", thing="yet") == "Nobody wrote this yet."
    assert FRENCH("") == ""


def test_a_field_may_ask_for_its_notation():
    sentence = "{size:bytes}, {rate:percent}, {seconds:duration}, {ratio:.2f}, {names}"
    values = {"size": 1_500_000, "rate": 0.5, "seconds": 75, "ratio": 1.234, "names": ["a", "b"]}
    assert ENGLISH(sentence, **values) == "1.5 MB, 50.0%, 1 min 15 s, 1.23, a, b"


def test_a_plural_counts_as_the_language_does():
    words = ("{count} moth", "{count} moths")  # in no catalogue
    assert [ENGLISH.ngettext(*words, count) for count in (0, 1, 1200)] == ["0 moths", "1 moth", "1,200 moths"]
    assert [FRENCH.ngettext(*words, count) for count in (0, 1, 2)] == ["0 moth", "1 moth", "2 moths"]


@pytest.mark.parametrize(
    ("value", "decimals", "english", "french"),
    [
        (0, 0, "0", "0"),
        (1234567, 0, "1,234,567", "1\u202f234\u202f567"),
        (1234.5, 1, "1,234.5", "1\u202f234,5"),
        (0.285, 2, "0.29", "0,29"),
        (-0.001, 1, "0.0", "0,0"),
        (Decimal("12.345"), 2, "12.35", "12,35"),
        (np.float64(2.5), 0, "3", "3"),
        (np.int64(2500), 0, "2,500", "2\u202f500"),
        (None, 0, NO_DATA, NO_DATA),
        (float("nan"), 1, NO_DATA, NO_DATA),
    ],
)
def test_numbers_are_written_as_the_reader_writes_them(value, decimals, english, french):
    assert ENGLISH.number(value, decimals) == english
    assert FRENCH.number(value, decimals) == french


def test_no_data_is_never_a_percentage():
    assert ENGLISH.percent(None) == FRENCH.percent(None) == NO_DATA
    assert ENGLISH.percent(0.9844) == "98.4%"
    assert FRENCH.percent(0.9844, 2) == "98,44\u202f%"
    assert FRENCH.percent(0) == "0,0\u202f%"


@pytest.mark.parametrize(
    ("rate", "decimals", "said"),
    [
        (0.96375, 1, "96.4%"), (0.95, 1, "95.0%"), (0.95, 0, "95%"), (2 / 3, 1, "66.7%"), (1, 1, "100.0%"),
        (0.9996, 1, "99.9%"), (0.999, 0, "99%"), (1.0004, 1, "100.0%"), ((0.3 - 0.1) / 0.1, 1, "200.0%"),
        (0.57, 0, "57%"), (Decimal("0.0009"), 1, "0.1%"), (np.float64(0.285), 1, "28.5%"),
    ],
)  # fmt: skip
def test_a_percentage_is_rounded_as_everywhere_but_never_to_all(rate: float, decimals: int, said: str):
    assert ENGLISH.percent(rate, decimals) == said


@pytest.mark.parametrize(
    ("rate", "limit", "said"),
    [
        (0.9496, 0.95, "94.96%"),
        (0.949996, 0.95, "94.9996%"), (0.95, 0.95, "95.0%"), (0.9504, 0.95, "95.0%"),
        (0.91, 0.95, "91.0%"), (0.9547, 0.955, "95.47%"),
    ],
)  # fmt: skip
def test_beside_a_limit_a_percentage_shows_on_which_side_it_is(rate: float, limit: float, said: str):
    assert ENGLISH.percent_beside(rate, limit) == said


def test_dates_are_written_as_the_reader_writes_them():
    moment = dt.datetime(2026, 4, 5, 22, 7, tzinfo=dt.UTC)
    paris = zoneinfo.ZoneInfo("Europe/Paris")
    assert ENGLISH.date(moment.date()) == "05 Apr 2026"
    assert FRENCH.date(moment.date()) == "05/04/2026"
    assert FRENCH.datetime(moment, paris) == "06/04/2026 00:07"
    assert FRENCH.datetime(moment.replace(tzinfo=None), paris) == "05/04/2026 22:07"
    assert ENGLISH.date(None) == ENGLISH.datetime(None) == NO_DATA


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (0.42, "0.4 s", "0,4 s"),
        (59.6, "1 min 00 s", "1 min 00 s"),
        (192, "3 min 12 s", "3 min 12 s"),
        (7500, "2 h 05 min", "2 h 05 min"),
        (1_000 * 86_400, "1,000 d 00 h", "1\u202f000 j 00 h"),
        (None, NO_DATA, NO_DATA),
    ],
)
def test_durations_show_their_two_largest_units(seconds: float | None, english: str, french: str):
    assert ENGLISH.duration(seconds) == english
    assert FRENCH.duration(seconds) == french


@pytest.mark.parametrize(
    ("size", "english", "french"),
    [
        (0, "0 B", "0 o"),
        (999, "999 B", "999 o"),
        (999_960, "1.0 MB", "1,0 Mo"),
        (1_450_000_000, "1.5 GB", "1,5 Go"),
        (None, NO_DATA, NO_DATA),
    ],
)
def test_sizes_count_in_thousands(size: int | None, english: str, french: str):
    assert ENGLISH.bytes(size) == english
    assert FRENCH.bytes(size) == french
