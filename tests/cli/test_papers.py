"""Report PDF and workbook commands."""

from pathlib import Path

import pypdf

from tests.cli.conftest import Faxcloud


def test_an_import_as_pdf_in_the_language_asked_for(loaded: Faxcloud, report_id: str, tmp_path: Path):
    for language, word in (("fr", "Conformité"), ("en", "Compliance")):
        target = tmp_path / f"{language}.pdf"
        ran = loaded("reports", "paper", report_id, "--language", language, "-o", target)
        assert ran.code == 0
        assert str(target) in ran.out
        assert word in pypdf.PdfReader(target).pages[0].extract_text()


def test_a_period_as_workbook(loaded: Faxcloud, tmp_path: Path):
    target = tmp_path / "period.xlsx"
    days = ("--start", "2020-01-01", "--end", "2020-01-31")
    ran = loaded("reports", "paper", *days, "--format", "xlsx", "-o", target, "--json")
    assert ran.document == {"file": str(target), "bytes": target.stat().st_size, "faxes": 0}


def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    loaded: Faxcloud, report_id: str, tmp_path: Path
):
    for options in (("--format", "docx"), ("--language", "de"), ("--start", "soon")):
        ran = loaded("reports", "paper", report_id, *options, "-o", tmp_path / "no.pdf", "--json")
        assert (ran.code, ran.document["error"]["code"]) == (2, "query.filter_invalid")
    ran = loaded("reports", "paper", report_id, "-o", tmp_path / "away" / "no.pdf", "--json")
    assert (ran.code, ran.document["error"]["code"]) == (1, "export.failed")
    assert loaded("reports", "paper", "nobody", "-o", tmp_path / "no.pdf").code == 1
    assert list(tmp_path.glob("**/*no.pdf*")) == []
