"""Languages: every face takes them from one table."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from faxcloud.i18n import translator
from faxcloud.languages import LANGUAGES, LOCALES, SOURCE, Language

PACKAGE = Path(__file__).resolve().parents[1] / "faxcloud"
COMPARED = re.compile(r"""language\s*[!=]=\s*["']|["']fr["']:\s""")
ELSEWHERE = {"languages.py"}


def test_every_language_has_an_entry_and_a_catalogue():
    assert (*LOCALES,) == LANGUAGES
    for language in LANGUAGES:
        po = PACKAGE / "locale" / language / "LC_MESSAGES" / "faxcloud.po"
        assert language == SOURCE or read_po(io.BytesIO(po.read_bytes()), locale=language)
        assert len(LOCALES[language].byte_units) == 6
        assert translator(language).date(None) == "–"


def test_no_other_file_asks_which_language_it_is():
    found = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.name not in ELSEWHERE and COMPARED.search(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(("language", "separator", "decimal"), [("en", ",", "."), ("fr", ";", ",")])
def test_a_csv_file_is_in_the_dialect_of_its_language(language: Language, separator: str, decimal: str):
    dialect = LOCALES[language].csv
    assert (dialect.separator, dialect.decimal_sign, dialect.bom) == (separator, decimal, True)
