"""Documentation against the code: tables, commands, files, units."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from faxcloud.api.app import create_api
from faxcloud.cli import run
from faxcloud.cli.program import program
from faxcloud.config import load_settings
from faxcloud.i18n import translator
from faxcloud.ui.navigation import PLACES
from faxcloud.wiring import Services, build
from tests.api.serving import served
from tests.cli.conftest import small_export

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").glob("*.md")),
]
UNITS = sorted((ROOT / "docs" / "systemd").iterdir())
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(page.read_text("utf-8")) if kind == language]


def commands(page: Path) -> list[str]:
    """Every command of the page that a reader may type, in order."""
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines), "a console block holds commands alone"
    return [line.removeprefix("$ ") for line in lines]


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_tables_are_those_of_the_code(page: Path, builder: ModuleType):
    text = page.read_text("utf-8")
    assert builder.built(text) == text, "run `make fix`"


def test_every_table_that_can_be_built_is_shown(builder: ModuleType):
    shown = {found[2] for page in PAGES for found in builder.TABLE.finditer(page.read_text("utf-8"))}
    assert shown == builder.TABLES.keys()


def test_a_table_that_differs_is_seen(builder: ModuleType):
    stale = "<!-- table:rulesets -->\n| old |\n<!-- /table -->"
    assert "faxcloud-3" in builder.built(stale)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a reader of the documentation is: two exports, a folder that is watched, and a report already."""
    for variable in [name for name in os.environ if name.startswith("FAXCLOUD_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "inbox").mkdir()
    export = small_export(tmp_path)
    text = export.read_bytes()
    (tmp_path / "first.csv").write_bytes(text.replace(b"2026", b"2025"))
    assert run(["import", "first.csv"]) == 0
    _pack(tmp_path, text)
    return tmp_path


def _pack(folder: Path, text: bytes) -> None:
    import gzip

    import xlsxwriter

    (folder / "octobre.csv.gz").write_bytes(gzip.compress(text.replace(b"1;SF", b"7;SF")))
    with xlsxwriter.Workbook(folder / "novembre.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        for row, cells in enumerate([("Mode", "Numéro appelé", "Pages"), ("SF", "33145221134", 2)]):
            sheet.write_row(row, 0, cells)


NEWEST: dict[str, Callable[[Services], str]] = {
    "REPORT": lambda services: str(services.reports.list()[0]["report_id"]),
    "RUN": lambda services: str(services.validation.runs()[0]["run_id"]),
    "KEY": lambda services: str(services.keys.list()[0]["key_id"]),
}


def newest(word: str) -> str:
    """The id that one of `NEWEST` stands for."""
    services = build(load_settings())
    try:
        return NEWEST[word](services)
    finally:
        services.close()


def typed(command: str) -> int:
    words = [newest(word) if word in NEWEST else word for word in shlex.split(command)]
    if words[:2] == ["python", "-m"]:
        return subprocess.run([sys.executable, *words[1:]], check=False).returncode
    assert words[0] == "faxcloud", command
    return run(words[1:])


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=named)
def test_every_command_shown_does_what_it_is_shown_for(page: Path, reader: Path):
    for own in blocks(page, "toml"):
        (reader / "hospital.toml").write_text(own, "utf-8")
    for command in commands(page):
        assert typed(command) == 0, command


def test_every_request_shown_is_answered(tmp_path: Path):
    """With curl itself, as a reader types it, against a server of its own."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl was not found")
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "sample-export.csv", tmp_path / "data")
    text = "".join(blocks(ROOT / "docs" / "api.md", "sh")).replace("\\\n", " ")
    requests = [shlex.split(line) for line in text.splitlines()]
    assert len(requests) > 10
    with served(tmp_path / "home") as server:
        for request in requests:
            assert request[0] == "curl"
            words = [word.replace("http://localhost:8501", server.url) for word in request[1:]]
            done = subprocess.run([curl, *words], cwd=tmp_path, capture_output=True, check=False)
            assert done.returncode == 0, (request, done.stderr)
            if "-o" not in request:
                assert isinstance(json.loads(done.stdout), dict), request
    assert (tmp_path / "invalides.csv").read_bytes().startswith(b"\xef\xbb\xbffax_id;")


def test_the_example_ruleset_judges(reader: Path, capsys: pytest.CaptureFixture[str]):
    [own] = blocks(ROOT / "docs" / "rules.md", "toml")
    folder = reader / "data" / "store" / "rulesets"
    folder.mkdir(parents=True)
    (folder / "hospital.toml").write_text(own, "utf-8")
    capsys.readouterr()
    assert run(["validate", "all", "--ruleset", "hospital", "--json"]) == 0
    # The small export has one mobile number, which this ruleset accepts, and one fax at 23:59.
    assert '"newly_valid": 1' in capsys.readouterr().out
    assert run(["entries", "search", "--rule", "date.night", "--json"]) == 0
    assert '"total": 1' in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path):
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        file = page.parent / target
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            assert anchor.removeprefix("#") in set(anchors(file)), f"{target}{anchor}"


def anchors(page: Path) -> Iterator[str]:
    """Of every heading, as GitHub makes them."""
    for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_page_of_the_documentation_is_linked_from_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    for page in sorted((ROOT / "docs").glob("*.md")):
        assert f"](docs/{page.name})" in readme, page.name


def test_what_the_readme_calls_not_there_yet_is_no_page_command_or_route():
    section = (ROOT / "README.md").read_text("utf-8").partition("## What is not there yet")[2]
    subjects = [re.split(r"[:;,.]", line.strip("*-` ").lower())[0] for line in section.splitlines() if line]
    assert subjects
    pages = {place.title for place in PLACES} | {place.name for place in PLACES}
    commands = {group.name for group in program().registered_groups if group.name}
    commands |= {command.name for command in program().registered_commands if command.name}
    paths = create_api(lambda: pytest.fail("no service is needed for that")).openapi()["paths"]
    routes = {path.split("/")[2] for path in paths if path.count("/") > 1}
    there = {name.strip("{}").lower() for name in pages | commands | routes}
    assert not [each for each in subjects if any(f"{each} ".startswith(f"{name} ") for name in there)]


def test_every_page_of_the_app_that_is_mentioned_exists():
    titles = {place.title for place in PLACES}
    french = {translator("fr")(title) for title in titles}
    for page in PAGES:
        text = page.read_text("utf-8")
        for mentioned in re.findall(r"\b[Tt]he page\s+\*([^*]+)\*", text):
            assert mentioned in titles, f"{named(page)}: {mentioned}"
        for mentioned in re.findall(r"\b[Ll]a page\s+\*([^*]+)\*", text):
            assert mentioned in french, f"{named(page)}: {mentioned}"


def test_every_target_of_make_that_is_mentioned_exists():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for page in PAGES:
        for target in re.findall(r"(?:^|`)make ([\w-]+)", page.read_text("utf-8"), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_lines_for_windows_install_as_the_makefile_does():
    [windows] = blocks(ROOT / "README.md", "bat")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert len(windows.splitlines()) == 3
    for words in re.findall(r"\$\(PIP\) (install .*)$", makefile, re.MULTILINE):
        if "-dev" not in words:
            assert words in windows
    assert re.findall(r"\$\(BIN\)/(faxcloud .*|streamlit .*)$", makefile, re.MULTILINE) == [
        words.strip() for words in re.findall(r"Scripts\\(faxcloud [^&]*|streamlit .*)", windows)
    ]


@pytest.mark.parametrize("unit", UNITS, ids=named)
def test_a_unit_runs_a_command_that_exists(unit: Path):
    for line in re.findall(r"^ExecStart=(.*)$", unit.read_text("utf-8"), re.MULTILINE):
        program, *words = shlex.split(line)
        assert program.startswith("/opt/faxcloud/.venv/bin/")
        if program.endswith("/faxcloud"):
            assert run([*words, "--help"]) == 0
        else:
            assert words == ["run", "streamlit_app.py"]


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze not found: units are not rated"
)
@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=named)
def test_a_unit_is_hardened(unit: Path):
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert rated.returncode == 0, rated.stdout + rated.stderr


def test_each_timer_has_its_service():
    services = {unit.stem for unit in UNITS if unit.suffix == ".service"}
    assert {unit.stem for unit in UNITS if unit.suffix == ".timer"} <= services


def test_the_line_for_cron_runs_a_command_that_exists():
    [line] = blocks(ROOT / "docs" / "unattended.md", "crontab")
    words = shlex.split(line.split(".venv/bin/faxcloud", 1)[1].split(">>")[0])
    assert words == ["validate", "all", "--json"]


def test_every_setting_that_a_unit_names_exists():
    text = "\n".join(unit.read_text("utf-8") for unit in UNITS) + "\n".join(blocks(PAGES[0], "sh"))
    names = set(re.findall(r"FAXCLOUD_\w+", text))
    assert load_settings(dict.fromkeys(names, "")) is not None
    assert "FAXCLOUD_HOME" in names
