"""Sample export: it has every trait of a real one, and its stated facts match a plain reading."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from faxcloud.services.sample.export import SAMPLE_END, SAMPLE_START, SampleFacts, sample_path, write_sample

# A seed under which so few rows still have every trait.
BUNDLED_ROWS, BUNDLED_SEED = 4800, 9
HEADER = (
    "Fax ID;Nom et prénom utilisateur;Revendeur;Mode;Adresse de messagerie;Date et heure du fax;"
    "Numéro d'envoi;Numéro appelé;Appel international;Appel interne;Nombre de page réel;Durée;"
    "Pages facturées;Type facturation"
)
FAX_ID, USER, MODE, SENT_AT, SENDER, CALLED, ABROAD, INTERNAL, PAGES, DURATION, BILLED = (
    0, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12,
)  # fmt: skip


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleFacts, list[list[str]]]:
    """26,000 rows, as a hospital has in a month, and their fields."""
    path = tmp_path_factory.mktemp("sample") / "month.csv"
    facts = write_sample(path, 26_000)
    return facts, fields_of(path)


def fields_of(path: Path, encoding: str = "cp1252") -> list[list[str]]:
    lines = path.read_bytes().decode(encoding).split("\r\n")
    assert lines.pop() == ""
    assert lines.pop(0) == HEADER
    return [line.split(";") for line in lines]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def share(rows: list[list[str]], column: int, pattern: str) -> float:
    return sum(re.fullmatch(pattern, row[column]) is not None for row in rows) / len(rows)


def violated(row: list[str]) -> set[str]:
    """What faxcloud-3 says of a row, in plain Python and only for the forms that occur here."""
    rules = set()
    number = row[CALLED]
    if "E+" in number:
        rules.add("number.unreadable")
    elif len(number) != 11:
        rules.add("number.length")
    elif not number.startswith("33"):
        rules.add("number.prefix")
    elif number[2] in "67":
        rules.add("number.mobile")
    if float(row[PAGES]) < 1:
        rules.add("pages.zero")
    return rules


def test_every_row_has_fourteen_fields_without_quotes_and_ends_in_crlf(month):
    facts, rows = month
    assert {len(row) for row in rows} == {14}
    text = facts.path.read_bytes()
    assert b'"' not in text
    assert text.count(b"\r\n") == text.count(b"\n") == text.count(b"\r") == facts.rows + 1 == 26_001


def test_the_file_is_windows_1252_and_not_latin_1(month):
    facts, rows = month
    assert b"\x96" in facts.path.read_bytes()
    assert any("–" in row[USER] for row in rows)
    with pytest.raises(UnicodeDecodeError):
        facts.path.read_text(encoding="utf-8")


def test_the_utf_8_twin_holds_the_same_rows(tmp_path, month):
    _, rows = month
    twin = write_sample(tmp_path / "twin.csv", 26_000, encoding="utf-8")
    assert fields_of(twin.path, "utf-8") == rows


def test_the_facts_are_what_a_plain_reading_finds(month):
    facts, rows = month
    pages = Counter()
    for row in rows:
        pages[row[MODE]] += int(float(row[PAGES]))
    verdicts = [violated(row) for row in rows]
    times = [datetime.strptime(row[SENT_AT], "%d/%m/%Y %H:%M") for row in rows]  # noqa: DTZ007
    assert facts == SampleFacts(
        path=facts.path,
        rows=len(rows),
        bytes=facts.path.stat().st_size,
        encoding="cp1252",
        sent=sum(row[MODE] == "SF" for row in rows),
        received=sum(row[MODE] == "RF" for row in rows),
        pages_sent=pages["SF"],
        pages_received=pages["RF"],
        repeated_ids=len(rows) - len({row[FAX_ID] for row in rows}),
        valid=sum(not rules for rules in verdicts),
        invalid=sum(bool(rules) for rules in verdicts),
        first_at=times[0],
        last_at=times[-1],
        violations=dict(Counter(rule for rules in verdicts for rule in rules)),
    )
    assert facts.pages == sum(pages.values())
    assert times == sorted(times)


def test_the_shares_are_those_of_a_real_month(month):
    _, rows = month
    assert share(rows, MODE, "SF") == pytest.approx(0.35, abs=0.015)
    assert share(rows, MODE, "SF|RF") == 1
    assert share(rows, CALLED, r"33\d{9}") == pytest.approx(0.99, abs=0.003)
    assert share(rows, CALLED, r"33[67]\d{8}") == pytest.approx(0.01, abs=0.003)
    assert share(rows, PAGES, r"0(\.0)?") == pytest.approx(0.02, abs=0.004)
    assert share(rows, PAGES, r"[1-6](\.0)?") > 0.85
    assert 0 < share(rows, PAGES, r"[1-9]\d(\.0)?") < 0.05
    assert share(rows, BILLED, r"[1-9]\d*\.00") == 1
    zero = [row for row in rows if float(row[PAGES]) == 0]
    assert 0.75 < share(zero, DURATION, "") < 1
    assert share([row for row in rows if float(row[PAGES])], DURATION, r"[1-9]\d*") == 1


def test_the_called_numbers_are_wrong_in_every_known_way_even_in_the_bundled_file(month):
    ways = (
        *(r"\d{5}", r"\d{8}", r"\d{9}", r"\d{10}"),
        *(r"377\d{8}", r"44\d{10}", r"336\d{8}", r"337\d{8}", r"3,90957E\+11"),
    )
    for rows in (month[1], fields_of(sample_path())):
        assert [way for way in ways if share(rows, CALLED, way) == 0] == []


def test_few_wrong_numbers_recur_among_thousands_of_good_ones(month):
    _, rows = month
    called = Counter(row[CALLED] for row in rows if row[MODE] == "SF")
    wrong = {number: times for number, times in called.items() if not re.fullmatch(r"33[1-5]\d{8}", number)}
    assert len(called) > 2000
    assert len(wrong) < 120
    assert max(wrong.values()) >= 25


def test_pages_become_decimals_with_the_newer_release(month):
    _, rows = month
    is_newer = [row[PAGES].endswith(".0") for row in rows]
    assert is_newer == sorted(is_newer)
    assert 0.2 < sum(is_newer) / len(rows) < 0.6


def test_an_internal_fax_is_a_row_of_its_sender_and_another_of_its_receiver(month):
    _, rows = month
    ids = Counter(row[FAX_ID] for row in rows)
    assert set(ids.values()) == {1, 2}
    assert list(ids.values()).count(2) / len(ids) == pytest.approx(0.017, abs=0.003)
    pairs = [(row, then) for row, then in pairwise(rows) if row[FAX_ID] == then[FAX_ID]]
    for sent, received in pairs:
        assert (sent[MODE], received[MODE]) == ("SF", "RF")
        assert sent[USER] != received[USER]
        assert sent[SENT_AT : PAGES + 1] == received[SENT_AT : PAGES + 1]
        assert sent[INTERNAL] == "1"


def test_the_flags_say_abroad_and_inside(month):
    _, rows = month
    assert {row[ABROAD] for row in rows} == {row[INTERNAL] for row in rows} == {"0", "1"}
    assert all(re.fullmatch("(377|44|1212).*", row[CALLED]) for row in rows if row[ABROAD] == "1")


def test_users_are_203_with_awkward_names(month):
    _, rows = month
    names = {row[USER] for row in rows}
    assert len(names) == 203
    for awkward in (r"\..*", r".*  .*", r".*\d.*", r".* - .*", r".* – .*", r".*[éèëïçñ].*", r".*'.*"):
        assert any(re.fullmatch(awkward, name) for name in names), awkward


def test_a_hospital_faxes_on_weekdays_and_by_day(month):
    _, rows = month
    times = [datetime.strptime(row[SENT_AT], "%d/%m/%Y %H:%M") for row in rows]  # noqa: DTZ007
    assert sum(at.weekday() >= 5 for at in times) / len(times) < 0.08
    assert sum(8 <= at.hour < 18 for at in times) / len(times) > 0.8
    assert {at.date() for at in times} == {
        date.fromordinal(day) for day in range(SAMPLE_START.toordinal(), SAMPLE_END.toordinal() + 1)
    }
    assert {at.hour for at in times} == set(range(24))


def test_a_seed_gives_its_bytes_and_another_seed_gives_others(tmp_path):
    first = write_sample(tmp_path / "a.csv", 2000, 7)
    again = write_sample(tmp_path / "b.csv", 2000, 7)
    other = write_sample(tmp_path / "c.csv", 2000, 8)
    assert digest(first.path) == digest(again.path) != digest(other.path)


def test_the_bundled_sample_is_what_the_generator_writes_on_this_platform(tmp_path):
    facts = write_sample(tmp_path / "sample.csv", BUNDLED_ROWS, BUNDLED_SEED)
    assert facts.path.read_bytes() == sample_path().read_bytes()


def test_a_file_of_several_blocks_is_counted_whole_and_reports_its_progress(tmp_path):
    seen: list[tuple[int, int]] = []
    facts = write_sample(
        tmp_path / "blocks.csv", 140_001, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(131_072, 140_001), (140_001, 140_001)]
    rows = fields_of(facts.path)
    assert len(rows) == facts.rows == facts.sent + facts.received == facts.valid + facts.invalid
    assert facts.repeated_ids == len(rows) - len({row[FAX_ID] for row in rows})
    stamps = [(row[SENT_AT][6:10], row[SENT_AT][3:5], row[SENT_AT][:2], row[SENT_AT][11:]) for row in rows]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_file_of_very_few_rows_is_whole_too(tmp_path, rows):
    facts = write_sample(tmp_path / "few.csv", rows)
    assert len(fields_of(facts.path)) == facts.rows == rows


@pytest.mark.parametrize(("rows", "days", "seed"), [(0, 42, 3), (-5, 42, 3), (10, 0, 3), (10, 42, -1)])
def test_a_file_without_rows_days_or_seed_is_refused(tmp_path, rows, days, seed):
    with pytest.raises(ValueError, match="start at 1"):
        write_sample(tmp_path / "none.csv", rows, seed, days=days)
    assert list(tmp_path.iterdir()) == []


def test_an_encoding_without_the_names_letters_is_refused(tmp_path):
    with pytest.raises(ValueError, match="latin-1"):
        write_sample(tmp_path / "latin.csv", 10, encoding="latin-1")
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_writer_leaves_nothing(tmp_path):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sample(tmp_path / "stopped.csv", 10, progress=stop)
    assert list(tmp_path.iterdir()) == []
