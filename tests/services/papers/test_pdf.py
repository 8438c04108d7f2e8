"""PDF report in both languages, with any text from an export."""

import dataclasses
import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdf
import pytest

from faxcloud.domain.filters import Filters
from faxcloud.i18n import LANGUAGES, Language, translator
from faxcloud.presentation.safe_text import LONGEST_WORD, on_paper
from faxcloud.services.papers.paper import Paper
from faxcloud.services.papers.pdf import contents_of, pdf_of
from faxcloud.services.papers.sections import MOST_USERS, sections_of
from faxcloud.wiring import Services
from tests.live_store import opened

PARIS = ZoneInfo("Europe/Paris")
HEADER = "Fax ID;Utilisateur;Mode;Date et heure du fax;Numéro appelé;Nombre de page réel"
HOSTILE = (
    '#import "@preview/x:1.0.0": *',
    "#panic() $x$ *bold* _it_ [c] \\ @ref <lab>",
    "<script>alert(1)</script>",
    "=1+1",
    "😀 漢字",
    "مرحبا",
    "\u202eevil",
    "A" * 300,
)


def text_of(document: bytes) -> str:
    """All of its text, its spaces plain; names may be broken by characters that take no room."""
    pages = pypdf.PdfReader(io.BytesIO(document)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages).replace("\u200b", ""))


def plain(text: str) -> str:
    return re.sub(r"\s", " ", text)


def imported(services: Services, folder: Path, lines: list[str]) -> Paper:
    file = folder / "#panic() <b>.csv"
    file.write_text("\n".join([HEADER, *lines, ""]), "utf-8")
    result = services.imports.import_file(file, contract="#set page(width: 1cm)")
    return services.papers.of(Filters(report=result.report_id))


def lines_of(names: tuple[str, ...]) -> list[str]:
    """Each name sends one valid fax and one invalid one."""
    quoted = [name.replace('"', '""') for name in names]
    return [
        f'{number};"{name}";SF;{day:02d}/03/2026 09:{number % 60:02d};{called};2'
        for number, name in enumerate(quoted)
        for day, called in ((2, "0145221134"), (5, "0612345678"))
    ]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with opened(tmp_path_factory.mktemp("pdf") / "store") as services:
        yield services


@pytest.fixture(scope="module")
def paper(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Paper:
    return imported(services, tmp_path_factory.mktemp("hostile"), [*lines_of(HOSTILE), "1;$y$;#panic()"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_has_every_number_in_the_readers_notation(paper: Paper, language: Language) -> None:
    t = translator(language)
    text = text_of(pdf_of(paper, t, PARIS))
    values = paper.summary.values
    assert (values["faxes"], values["invalid"], values["compliance_rate"]) == (16, 8, 0.5)
    words = {"en": ("Compliance 50.0%", "Faxes 16"), "fr": ("Conformité 50,0 %", "Fax 16")}[language]
    for said in (*words, t.date(dt.date(2026, 3, 2)), paper.rule_label("number.mobile", language)):
        assert plain(said) in text
    for row in paper.numbers:
        assert row["called_text"] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_tagged_and_says_its_title_and_language(paper: Paper, language: Language) -> None:
    t = translator(language)
    reader = pypdf.PdfReader(io.BytesIO(pdf_of(paper, t, PARIS)))
    root = reader.root_object
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert reader.metadata is not None
    assert reader.metadata.title == contents_of(paper, t, PARIS)["title"]
    assert reader.metadata.creation_date == paper.made_at.replace(microsecond=0)
    assert f"1 / {len(reader.pages)}" in reader.pages[0].extract_text()


def test_hostile_names_are_text(paper: Paper) -> None:
    text = text_of(pdf_of(paper, translator("fr"), PARIS))
    for name in HOSTILE[:4]:
        assert name in text
    assert "#set page(width: 1cm)" in text
    assert "#panic() <b>.csv" in text
    assert "1;$y$;#panic()" in text
    assert "\u202e" not in text


def test_a_long_name_breaks_and_is_cut() -> None:
    shown = on_paper("A" * 300, 60)
    assert max(len(part) for part in shown.split("\u200b")) == LONGEST_WORD
    assert shown.replace("\u200b", "") == "A" * 59 + "…"
    assert on_paper("Hélène l’Été : 1 €") == "Hélène l’Été : 1 €"


@pytest.mark.parametrize(("language", "said"), [("en", "No data"), ("fr", "Pas de données")])
def test_no_faxes_are_no_data_and_no_chart(services: Services, language: Language, said: str) -> None:
    nothing = Filters(start_date=dt.date(2020, 1, 1), end_date=dt.date(2020, 1, 31))
    empty = services.papers.of(nothing)
    t = translator(language)
    text = text_of(pdf_of(empty, t, PARIS))
    assert said in text
    assert "0%" not in text.replace(" ", "")
    assert not any(section["drawing"] for section in contents_of(empty, t, PARIS)["sections"])


def test_one_fax_is_a_report(services: Services, tmp_path: Path) -> None:
    paper = imported(services, tmp_path, ["1;Seule;SF;02/03/2026 09:00;0145221134;1"])
    text = text_of(pdf_of(paper, translator("en"), PARIS))
    assert "1 fax, 100.0% compliant" in text
    assert "No rule is violated in this selection." in text
    assert "Nobody has an invalid fax in this selection." in text


def test_of_ten_thousand_users_the_worst_are_shown_and_all_are_counted(paper: Paper) -> None:
    users = [{**paper.users[0], "key": f"User {number:05d}"} for number in range(10_000)]
    text = text_of(pdf_of(dataclasses.replace(paper, users=users), translator("en"), PARIS))
    assert f"User {MOST_USERS - 1:05d}" in text
    assert f"User {MOST_USERS:05d}" not in text
    assert f"The first {MOST_USERS} of 10,000" in text


def test_a_name_given_to_the_report_is_its_title(paper: Paper) -> None:
    named = dataclasses.replace(paper, title="Board, March")
    assert contents_of(named, translator("en"), PARIS)["title"] == "Board, March"
    unnamed = contents_of(paper, translator("en"), PARIS)
    assert unnamed["title"] == "Faxes: activity and compliance"
    assert ("File", "#panic() <b>.csv") in unnamed["facts"]


def test_a_figure_that_misses_the_target_does_not_read_as_the_target(paper: Paper) -> None:
    values = {**paper.summary.values, "compliance_rate": 0.94996}
    missed = dataclasses.replace(
        paper, summary=dataclasses.replace(paper.summary, values=values), target_rate=0.95
    )
    card, *_ = contents_of(missed, translator("en"), PARIS)["figures"]
    assert (card["label"], card["value"], card["tone"]) == ("Compliance", "94.996%", "missed")
    nobody = {
        **paper.users[0],
        "faxes": 100_000,
        "valid": 94_996,
        "invalid": 5_004,
        "compliance_rate": 0.94996,
    }
    users = next(
        each
        for each in sections_of(dataclasses.replace(missed, users=[nobody]), translator("en"))
        if "Users" in each.heading
    )
    assert users.table is not None
    assert users.table.rows[0][-1] == {"text": "94.996%", "rate": 0.94996, "low": True}


def test_a_change_says_whether_it_is_good_news(paper: Paper) -> None:
    before = {**paper.summary.values, "compliance_rate": 0.75, "invalid": 4, "faxes": 8}
    figures = contents_of(dataclasses.replace(paper, before=before), translator("en"), PARIS)["figures"]
    said = {figure["label"]: (figure["change"], figure["change_tone"]) for figure in figures}
    assert said["Compliance"] == ("\N{MINUS SIGN}25.0 pt", "bad")
    assert said["Invalid faxes"] == ("+100.0%", "bad")
    assert said["Faxes"] == ("+100.0%", "")
    assert said["Pages"] == ("0.0%", "")
