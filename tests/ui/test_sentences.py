"""Texts of the pages: every one has a French translation, and the extractor finds all of them."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "faxcloud" / "locale" / "fr" / "LC_MESSAGES" / "faxcloud.po"
FILES = sorted([*(ROOT / "pages").glob("*.py"), *(ROOT / "faxcloud" / "ui").rglob("*.py")])
NARROW = "\N{NARROW NO-BREAK SPACE}"


def is_translation(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    return name in {"t", "N_", "ngettext"}


def sentences(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if is_translation(node):
            assert isinstance(node, ast.Call)
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


@functools.cache
def french() -> dict[str, tuple[str, ...]]:
    with PO.open("rb") as lines:
        catalogue = read_po(lines, locale="fr")
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            (message.string,) if isinstance(message.string, str) else tuple(message.string)
        )
        for message in catalogue
        if message.id
    }


def test_every_sentence_of_the_pages_has_a_french_text():
    known = french()
    asked = {text for file in FILES for text in sentences(ast.parse(file.read_text(encoding="utf-8")))}
    assert len(asked) > 150
    assert {text for text in asked if not all(known.get(text, ("",)))} == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_sentence_stands_inside_an_f_string_where_python_3_11_hides_it_from_the_extractor(file: Path):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    hidden = [
        inner.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for inner in ast.walk(node)
        if is_translation(inner) and any(True for _ in sentences(inner))
    ]
    assert hidden == []


def test_french_punctuation_has_its_narrow_space():
    asked = {text for file in FILES for text in sentences(ast.parse(file.read_text(encoding="utf-8")))}
    for text in asked:
        for translated in french()[text]:
            bare = translated.replace("://", "").replace(":percent}", "").replace(":bytes}", "")
            bare = bare.replace(":duration}", "")
            for mark in ":;!?»":
                before = bare.split(mark)[:-1]
                assert all(part.endswith(NARROW) for part in before), translated
            assert all(part.startswith(NARROW) for part in bare.split("«")[1:]), translated
