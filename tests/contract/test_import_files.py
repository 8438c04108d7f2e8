"""Every face names the import files of `services.imports.accepted_files`, and no other."""

import re
from pathlib import Path

import pytest

from faxcloud.api.routes.uploads import DOCUMENTED
from faxcloud.cli.imports import HELP
from faxcloud.errors import NotATable
from faxcloud.services.imports.accepted_files import SUFFIXES

DOCS = Path(__file__).resolve().parents[2] / "docs" / "import.md"
TEXT = {".csv", ".txt", ".tsv"}
"""Suffixes of CSV files."""


def test_the_documentation_lists_each_suffix():
    [listed] = re.findall(r"but `([^`]+)`", DOCS.read_text("utf-8"))
    assert tuple(listed.split()) == SUFFIXES


@pytest.mark.parametrize(
    "sentence", [DOCUMENTED["requestBody"]["description"], HELP, NotATable.hint_template]
)
def test_each_sentence_about_accepted_files_names_each_kind(sentence: str):
    for suffix in {*SUFFIXES} - TEXT:
        assert suffix in sentence or suffix[1:].upper() in sentence
    assert "CSV" in sentence
