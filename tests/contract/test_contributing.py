"""Documentation for contributors: lists of files, paths of the walkthroughs, what is not there yet."""

import re
from pathlib import Path

import pytest

from faxcloud.ui.navigation import PLACES

ROOT = Path(__file__).resolve().parents[2]
SECTION = re.compile(r"^### (.+?)\n\nExample: `(.+?)`\n\n((?:- .*\n)+)", re.MULTILINE)
HOW_TO = SECTION.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
KINDS = {"a rule", "a filter", "a metric", "an export format", "a page", "a command", "a language"}


def test_every_kind_of_addition_is_explained():
    assert {title.lower() for title, _, _ in HOW_TO} == KINDS


@pytest.mark.parametrize(("title", "example", "steps"), HOW_TO, ids=[title for title, _, _ in HOW_TO])
def test_each_file_listed_names_the_example(title: str, example: str, steps: str):
    for path in re.findall(r"^- `([^`]+)`", steps, re.MULTILINE):
        text = (ROOT / path).read_text("utf-8")
        named = example in Path(path).with_suffix("").parts or re.search(rf"\b{re.escape(example)}\b", text)
        assert named, f"{path} has nothing of {example}: correct the list in CONTRIBUTING.md"


def test_every_path_in_the_architecture_exists():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    paths = set(re.findall(r"`((?:faxcloud|tests|pages)/[\w/.]*)`", text))
    assert len(paths) > 30
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_page_names_the_folder_of_its_parts():
    for place in PLACES:
        assert (ROOT / "pages" / f"{place.name}.py").is_file()
        assert (ROOT / "faxcloud" / "ui" / place.name / "__init__.py").is_file()


def test_every_folder_has_a_docstring_of_two_sentences():
    for package in (ROOT / "faxcloud").rglob("__init__.py"):
        if package.parent.name not in ("faxcloud", "migrations"):
            [said] = re.findall(r'\A"""(.+?)"""', package.read_text("utf-8"), re.DOTALL)
            assert len(re.findall(r"[.:](?:\s|$)", said)) >= 2, package


def test_no_page_is_listed_as_missing():
    readme = (ROOT / "README.md").read_text("utf-8")
    [missing] = re.findall(r"## What is not there yet\n(.+?)(?:^## |\Z)", readme, re.DOTALL | re.MULTILINE)
    listed = re.findall(r"^- ([\w ]+)", missing, re.MULTILINE)
    assert listed
    assert {item.strip().lower() for item in listed} & {place.title.lower() for place in PLACES} == set()
