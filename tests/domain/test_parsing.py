# ruff: noqa: DTZ001 - the service's local time has no zone
import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from faxcloud.domain.parsing import EARLIEST, PARSED, PARSED_FROM, STAGED, DateLimits
from tests.domain import oracle
from tests.domain.judging import ORDINARY, judge

DIGITS = "0123456789"
NUMBERS = st.one_of(
    st.text(DIGITS + "0003367eE.,+-() /_\t\u00a0\u202f\ufffd\x01\x85٣３Aé;", max_size=16),
    st.from_regex(
        r"[\r\n\v\x85\u2028\ufeff]{0,2}0145[\r\n\t\u2028\x1c ]{0,2}221134[\r\n\x85\u2029\u3000]{0,2}",
        fullmatch=True,
    ),
    st.from_regex(r"(0|33|0033|\+33 ?)[1-9]( ?[0-9]{2}){4}", fullmatch=True),
    st.from_regex(r"33[0-9eE.,_ ]{9}", fullmatch=True),
    st.from_regex(r"[ \t]?[0-9]{1,4}[.,][0-9]{1,6}[eE][+-]?[0-9]{1,2} ?", fullmatch=True),
    st.text(max_size=12),
)
PAGES = st.one_of(
    st.text(DIGITS + "00.,+-eEx_ \u00a0\r\n\u2028٣", max_size=7),
    st.integers(-(2**33), 2**33).map(str),
    st.from_regex(r" ?[+-]?0*[0-9]{1,11}([.,]0*)? ?", fullmatch=True),
)
INSTANTS = st.datetimes(min_value=dt.datetime(1, 1, 1)).map(lambda at: at.replace(microsecond=0))
FORMS = ("%d/%m/%Y %H:%M", "%d/%m/%Y", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
WELL_FORMED = st.builds(
    lambda at, form: at.strftime(form.replace("%Y", f"{at.year:04}")), INSTANTS, st.sampled_from(FORMS)
)


@st.composite
def nearly_dates(draw):
    """A well-formed date with one to three characters changed, dropped or added."""
    text = draw(WELL_FORMED)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        char = draw(st.sampled_from(DIGITS + " \t\n/-:.TZ+٣\u00a0"))
        text = draw(
            st.sampled_from(
                (text[:at] + char + text[at + 1 :], text[:at] + char + text[at:], text[:at] + text[at + 1 :])
            )
        )
    return text


DATES = st.one_of(
    WELL_FORMED,
    nearly_dates(),
    st.from_regex(r"[0-3][0-9]/[01][0-9]/[0-9]{4} [0-2][0-9]:[0-6][0-9]", fullmatch=True),
    st.from_regex(r"[0-9 \t]{2}/[0-9 ]{2}/[0-9 \t]{4} [0-9 \t]{2}:[0-9 \t\n]{2}", fullmatch=True),
    st.from_regex(r"[\n\u2028]?0[12]/0[12]/2026 08:0[0-9][\r\x85\u2029]?", fullmatch=True),
    st.from_regex(r"2026-0[0-9]-[0-3][0-9][ T]1[0-9]:[0-9]{2}:[0-9]{2}\.[0-9]{1,7}", fullmatch=True),
    st.text(max_size=17),
)
MODES = st.one_of(
    st.sampled_from(
        ("SF", "RF", "sf", " RF ", "S F", "", " ", "FS", "\u00a0rf\t", "\u2028SF\r\n", "S\nF", "\x1cSF")
    ),
    st.text("SRF sf", max_size=4),
)
AMOUNTS = st.one_of(
    st.from_regex(r" ?[+-]?[0-9]{1,6}([.,][0-9]{0,4})? ?", fullmatch=True),
    st.text(DIGITS + "00.,+-e: \u00a0", max_size=9),
    st.integers(-100, 10**11).map(str),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "mode": MODES,
            "called_text": NUMBERS,
            "pages": PAGES,
            "sent_at": DATES,
            "duration_s": AMOUNTS,
            "billed_pages": AMOUNTS,
        }
    ),
    min_size=1,
    max_size=80,
)

LIKELY = DateLimits(EARLIEST, dt.datetime(2026, 12, 1, 8, 5))


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(("faxcloud-3", "faxcloud-1")), st.sampled_from((None, LIKELY)))
def test_every_row_is_parsed_and_judged_as_the_plain_python_oracle_does(rows, ruleset, limits):
    between = oracle.LIMITS if limits is None else (limits.earliest, limits.latest)
    for row, judged in zip(rows, judge(rows, ruleset, limits), strict=True):
        sent_at = oracle.sent_at(row["sent_at"])
        expected = {
            "mode": oracle.mode(row["mode"]),
            "number": oracle.number(row["called_text"]),
            "pages": oracle.pages(row["pages"]),
            "sent_at": sent_at if sent_at and between[0] <= sent_at <= between[1] else None,
        }
        assert {name: judged[name] for name in expected} == expected, row
        assert (judged["violations"], judged["warnings"]) == oracle.verdict(row, ruleset, between), row


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_no_source_text_is_lost(rows):
    for row, judged in zip(rows, judge(rows), strict=True):
        assert judged["called_text"] == row["called_text"]
        for name in ("mode", "pages", "sent_at"):
            text, raw, parsed = row[name], judged[f"raw_{name}"], judged[name]
            if not text.strip(oracle.BLANKS):
                assert raw is None
            elif raw is None:
                # Of a date, the notation alone may be left out.
                same = oracle.sent_at(text) == parsed if name == "sent_at" else str(parsed) == text
                assert same, row
            else:
                assert raw == text


@pytest.mark.parametrize(
    ("text", "pages", "raw"),
    [
        ("5", 5, None), ("12", 12, None), ("5.0", 5, "5.0"), ("5,0", 5, "5,0"), ("3.00", 3, "3.00"),
        (" 4 ", 4, " 4 "), ("\u00a04", 4, "\u00a04"), ("007", 7, "007"), ("+5", 5, "+5"),
        ("-1", 0, "-1"), ("-3,0", 0, "-3,0"),
        ("0", 0, None), ("", None, None), ("  ", None, None), ("2.5", None, "2.5"), ("1e3", None, "1e3"),
        ("abc", None, "abc"), ("0x1f", None, "0x1f"), ("1_0", None, "1_0"), ("5.", None, "5."),
        ("٣", None, "٣"), ("2147483647", 2147483647, None), ("2147483648", None, "2147483648"),
        ("99999999999", None, "99999999999"), ("-2147483648", 0, "-2147483648"),
        ("-2147483649", None, "-2147483649"), ("1,000", None, "1,000"), ("1.000", None, "1.000"),
        ("1,5", None, "1,5"), ("1 000", None, "1 000"), ("3,00", 3, "3,00"),
    ],
)  # fmt: skip
def test_pages_are_integers_in_any_of_the_notations_seen(text, pages, raw):
    [judged] = judge([{**ORDINARY, "pages": text}])
    assert (judged["pages"], judged["raw_pages"]) == (pages, raw)


@pytest.mark.parametrize(
    ("text", "sent_at", "raw"),
    [
        ("02/01/2026 08:05", dt.datetime(2026, 1, 2, 8, 5), None),
        ("02/01/2026 08:05:09", dt.datetime(2026, 1, 2, 8, 5, 9), None),
        ("02/01/2026", dt.datetime(2026, 1, 2), "02/01/2026"),
        ("2026-01-02", dt.datetime(2026, 1, 2), "2026-01-02"),
        ("2026-01-02T08:05:09.25", dt.datetime(2026, 1, 2, 8, 5, 9, 250000), None),
        ("2026-01-02 08:05", dt.datetime(2026, 1, 2, 8, 5), None),
        ("29/02/2024 00:00", dt.datetime(2024, 2, 29), None),
        ("", None, None),
        *(
            (text, None, text)
            for text in (
                "29/02/2026 00:00", "31/04/2026 08:05", "02/13/2026 08:05", "2/1/2026 08:05",
                "02/01/26 08:05:10", "02/01/2026 24:00", "02/01/2026 08:60", "02/01/0000 08:05",
                "2026-01-02T08:05Z", "02/01/2026  8:05", " 2/01/2026 08:05", "02/01/2026 08:0 ", "hier",
                "46024.3", "٠٢/٠١/٢٠٢٦", "infinity", "epoch",
            )
        ),
    ],
)  # fmt: skip
def test_dates_are_real_days_in_the_two_notations(text, sent_at, raw):
    [judged] = judge([{**ORDINARY, "sent_at": text}])
    assert (judged["sent_at"], judged["raw_sent_at"]) == (sent_at, raw)


@pytest.mark.parametrize(
    ("text", "is_likely"),
    [
        ("01/01/1990 00:00", True), ("31/12/1989 23:59", False), ("1989-12-31", False),
        ("01/12/2026 08:05", True), ("01/12/2026 08:06", False), ("2062-10-05", False), ("06/10/2062", False),
    ],
)  # fmt: skip
def test_a_date_outside_of_the_limits_is_stored_as_its_text(text, is_likely):
    [judged] = judge([{**ORDINARY, "sent_at": text}], limits=LIKELY)
    assert (judged["sent_at"], judged["raw_sent_at"]) == (
        (oracle.sent_at(text), None) if is_likely else (None, text)
    )
    assert judged["warnings"] == ("" if is_likely else "date.unlikely")


@pytest.mark.parametrize(
    ("text", "violation"),
    [
        ("33465711009 poste 12", "number.extension"), ("0465711010#123", "number.extension"),
        ("0465711011*44", "number.extension"), ("+33 (0)4 65 71 10 11 ext. 4", "number.extension"),
        ("Fax 04.65.71.10.11 p12", "number.extension"), ("0465711011 12", "number.length"),
        ("0465711011#1234567", "number.length"), ("+44 20 7946 0958 x12", "number.length"),
        ("046571101#1", ""), ("0465711011;", ""),
    ],
)  # fmt: skip
def test_an_extension_behind_a_number_is_no_wrong_length(text, violation):
    [judged] = judge([{**ORDINARY, "called_text": text}])
    assert judged["violations"] == violation


@pytest.mark.parametrize("text", ["33e00000009", "330e0000008", "33000E00006", "3.3e00000010", "330000000e2"])
def test_an_exponent_never_passes_for_eleven_digits(text):
    [judged] = judge([{**ORDINARY, "called_text": text}])
    assert judged["number"] == re.sub("[^0-9]", "", text)
    assert judged["violations"] == "number.unreadable"


@pytest.mark.parametrize(
    ("text", "seconds", "raw"),
    [
        ("62", 62, None), ("0", 0, None), ("62.0", 62, None), ("62,00", 62, None), (" 7 ", 7, None),
        ("+5", 5, None), ("86400", 86400, None), ("", None, None), (" ", None, None), ("62.5", 63, "62.5"),
        ("62.4", 62, "62.4"), ("0.250", 0, "0.250"), ("86401", None, "86401"), ("-5", None, "-5"),
        ("1,234", None, "1,234"), ("99999999999", None, "99999999999"), ("00:01:23", None, "00:01:23"),
        ("1e3", None, "1e3"), ("abc", None, "abc"), ("62.", None, "62."), ("٣", None, "٣"),
    ],
)  # fmt: skip
def test_durations_are_seconds_of_at_most_a_day(text, seconds, raw):
    [judged] = judge([{**ORDINARY, "duration_s": text}])
    assert (judged["duration_s"], judged["raw_duration_s"]) == (seconds, raw)


@pytest.mark.parametrize(
    ("text", "amount", "raw"),
    [
        ("1.00", "1.00", None), ("1,5", "1.50", None), ("12", "12.00", None), ("0.330000", "0.33", None),
        ("", None, None), ("0.333", "0.33", "0.333"), ("1.3333333", "1.33", "1.3333333"),
        ("1,234", None, "1,234"), ("1.234", None, "1.234"), ("1234.500", "1234.50", None),
        ("1 234,50", None, "1 234,50"), ("-1.00", None, "-1.00"), ("12345678901", None, "12345678901"),
        ("abc", None, "abc"), ("1e3", None, "1e3"),
    ],
)  # fmt: skip
def test_billed_pages_are_decimals_from_zero(text, amount, raw):
    [judged] = judge([{**ORDINARY, "billed_pages": text}])
    expected = (None if amount is None else Decimal(amount), raw)
    assert (judged["billed_pages"], judged["raw_billed_pages"]) == expected


def test_flags_are_read_leniently():
    columns = ("is_international", "is_internal")
    texts = {
        ("0", "1"): (False, True),
        ("", ""): (None, None),
        ("oui", "NON"): (True, False),
        ("true", "False"): (True, False),
        ("2", "peut-être"): (None, None),
    }
    judged = judge([{**ORDINARY, **dict(zip(columns, row, strict=True))} for row in texts])
    assert [tuple(row[name] for name in columns) for row in judged] == list(texts.values())


def test_text_columns_are_kept_as_exported():
    row = {
        "fax_id": " 12 ",
        "user_name": "..  A – B",
        "user_email": "A@b",
        "reseller": " x",
        "sender_number": "+33",
    }
    [judged] = judge([{**ORDINARY, **row, "billing_type": "Forfait "}])
    assert {name: judged[name] for name in row} == row
    assert judged["billing_type"] == "Forfait "
    assert (judged["number_type"], judged["country"]) == ("", "")


@pytest.mark.parametrize("name", sorted(PARSED))
def test_a_parsed_column_depends_on_the_one_source_column_that_is_stated(name):
    read = {column.name for column in sqlglot.parse_one(PARSED[name], read="duckdb").find_all(exp.Column)}
    for staged in read & STAGED.keys():
        read |= {
            column.name for column in sqlglot.parse_one(STAGED[staged], read="duckdb").find_all(exp.Column)
        }
    assert read - STAGED.keys() <= {PARSED_FROM[name]}
