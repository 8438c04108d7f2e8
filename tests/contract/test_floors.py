"""Layer rules from the imports: downwards only, no cycles, each library on its layer."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Lowest first. A module belongs to the longest entry that its name begins with.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"faxcloud"}),
    frozenset({"faxcloud.languages"}),
    frozenset({"faxcloud.i18n"}),
    frozenset({"faxcloud.errors", "faxcloud.key_strength"}),
    frozenset({"faxcloud.config"}),
    frozenset({"faxcloud.domain"}),
    frozenset({"faxcloud.presentation"}),
    frozenset({"faxcloud.store"}),
    frozenset({"faxcloud.services"}),
    frozenset({"faxcloud.wiring"}),
    frozenset({"faxcloud.api", "faxcloud.ui", "faxcloud.cli"}),
    frozenset({"faxcloud.__main__", "faxcloud.import_job", "faxcloud.revalidate", "pages"}),
    frozenset({"streamlit_app"}),
)
FLOOR_OF = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}
FACES = {"faxcloud.api", "faxcloud.ui", "faxcloud.cli"}
ABOVE_WIRING = {part for part, floor in FLOOR_OF.items() if floor > FLOOR_OF["faxcloud.wiring"]}

# Which parts may import a library; every other part may not.
SCREEN = {"faxcloud.ui", "pages", "streamlit_app"}
STORE = {"faxcloud.store"}
LIBRARIES: dict[str, set[str]] = {
    "duckdb": STORE,
    "deltalake": STORE,
    "sqlalchemy": STORE,
    "alembic": STORE,
    "redis": STORE,
    "streamlit": SCREEN,
    "streamlit_autorefresh": SCREEN,
    "plotly": SCREEN,
    "fastapi": {"faxcloud.api", "streamlit_app"},
    "starlette": {"faxcloud.api", "streamlit_app"},
    "typer": {"faxcloud.cli"},
    "click": {"faxcloud.cli"},
}
# Floor 0 is a function of its arguments.
INPUT_AND_OUTPUT = {
    *(
        "asyncio",
        "glob",
        "io",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
        "socket",
        "sqlite3",
        "subprocess",
    ),
    *("tempfile", "threading", "time", "urllib", "zoneinfo"),
}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
BANNED_WORDS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}


def sources() -> dict[str, str]:
    """Text of every module of the application, by dotted name; of a package the `__init__`."""
    files = [
        *(ROOT / "faxcloud").rglob("*.py"),
        *(ROOT / "pages").rglob("*.py"),
        *ROOT.glob("streamlit_app.py"),
    ]
    return {module_name(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(text: str, modules: Mapping[str, object]) -> set[str]:
    """What a module imports anywhere, functions included; our own by the module that defines it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are banned"
            assert node.module is not None
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules or part_of(name) == name else node.module for name in named}
    return found


def part_of(module: str) -> str | None:
    """The part of the architecture that a module belongs to; None for a library."""
    names = module.split(".")
    for length in range(len(names), 0, -1):
        part = ".".join(names[:length])
        if part in FLOOR_OF and (part != "faxcloud" or module == "faxcloud"):
            return part
    return None


def floor_breaches(modules: Mapping[str, str]) -> Iterator[str]:
    for name, text in sorted(modules.items()):
        part = part_of(name)
        if part is None:
            yield f"{name} is on no floor"
            continue
        for imported in sorted(imports(text, modules)):
            target = part_of(imported)
            if target is None:
                allowed = LIBRARIES.get(imported.split(".")[0])
                if allowed is not None and part not in allowed:
                    yield f"{name} imports {imported}, which belongs to {', '.join(sorted(allowed))}"
            elif target == part:
                continue
            elif {part, target} <= FACES:
                yield f"{name} imports {imported}: a face never imports another"
            elif FLOOR_OF[target] >= FLOOR_OF[part]:
                yield f"{name} imports {imported}, which is not below it"
            elif part in ABOVE_WIRING and target == "faxcloud.store":
                yield f"{name} imports {imported}: the store is reached through services"
            elif part == "pages" and target in FACES - {"faxcloud.ui"}:
                yield f"{name} imports {imported}: pages belong to ui"
            elif part == "faxcloud.domain" and target == "faxcloud.config":
                yield f"{name} imports {imported}: rules know no settings"


def rules_that_touch_the_world(modules: Mapping[str, str]) -> Iterator[str]:
    for name, text in sorted(modules.items()):
        if part_of(name) != "faxcloud.domain":
            continue
        for imported in sorted(imports(text, modules)):
            if imported.split(".")[0] in INPUT_AND_OUTPUT:
                yield f"{name} imports {imported}"
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
                yield f"{name}:{node.lineno} asks a clock"
            if isinstance(node.func, ast.Name) and node.func.id == "open":
                yield f"{name}:{node.lineno} opens a file"


def cycles(modules: Mapping[str, str]) -> list[list[str]]:
    """Every cycle that a depth-first walk of the imports between our modules closes."""
    graph = {
        name: sorted((imports(text, modules) & modules.keys()) - {name}) for name, text in modules.items()
    }
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for following in graph[name]:
                walk(following, [*path, name])
            done.add(name)

    for name in sorted(graph):
        walk(name, [])
    return found


def folder_of(module: str, modules: Mapping[str, str]) -> str:
    """The folder of a layer that a module lies in; a module at the root of its layer stands for itself."""
    names = module.split(".")
    is_package = any(other.startswith(module + ".") for other in modules)
    return ".".join(names[:3]) if len(names) > 3 or is_package else module


def folder_cycles(modules: Mapping[str, str]) -> list[str]:
    """Pairs of folders of one layer that reach each other through imports, by the folders of the layer."""
    arrows: dict[str, set[str]] = {}
    for name, text in modules.items():
        for imported in imports(text, modules) & modules.keys():
            part = part_of(name)
            source, target = folder_of(name, modules), folder_of(imported, modules)
            if (
                part is not None
                and part == part_of(imported)
                and source != target
                and part not in (name, imported)
            ):
                arrows.setdefault(source, set()).add(target)
    reached = {folder: set(targets) for folder, targets in arrows.items()}
    growing = True
    while growing:
        growing = False
        for targets in reached.values():
            further = set().union(*(reached.get(target, set()) for target in targets)) - targets
            targets.update(further)
            growing = growing or bool(further)
    return [folder for folder, targets in sorted(reached.items()) if folder in targets]


MOST_FILES = 25
"""Modules of one folder, `__init__` included: more than this is not read at one look."""


def crowded_folders(paths: list[Path]) -> list[str]:
    counts = Counter(path.parent for path in paths)
    return [f"{folder} has {count} files" for folder, count in sorted(counts.items()) if count > MOST_FILES]


def nameless(paths: list[Path]) -> list[str]:
    """Files and folders whose name names nothing."""
    return [
        str(path)
        for path in paths
        if any(BANNED_WORDS & set(part.removesuffix(".py").lower().split("_")) for part in path.parts)
    ]


def test_the_application_was_found():
    found = sources()
    assert {"faxcloud", "faxcloud.errors", "faxcloud.config", "faxcloud.i18n"} <= found.keys()


def test_imports_go_downwards_and_each_library_stays_on_its_floor():
    assert list(floor_breaches(sources())) == []


def test_no_modules_import_each_other_in_a_cycle():
    assert cycles(sources()) == []


def test_no_folders_of_a_layer_import_each_other_in_a_cycle():
    assert folder_cycles(sources()) == []


def test_no_folder_has_too_many_files():
    files = [file.relative_to(ROOT) for file in (ROOT / "faxcloud").rglob("*.py")]
    assert crowded_folders(files) == []


def test_the_rules_read_no_file_and_no_clock():
    assert list(rules_that_touch_the_world(sources())) == []


def test_every_module_is_named_after_something():
    folders = [ROOT / name for name in ("faxcloud", "pages", "tests", "benchmarks", "docs")]
    files = [file.relative_to(ROOT) for folder in folders for file in folder.rglob("*.py")]
    assert files
    assert nameless(files) == []


BREACHES = {
    "an upward import": {
        "faxcloud.domain.columns": "import faxcloud.store.lake.table",
        "faxcloud.store.lake.table": "",
    },
    "an upward import inside a function": {
        "faxcloud.store.lake.table": "def f():\n    from faxcloud import services",
        "faxcloud.services": "",
    },
    "a service that wires itself": {
        "faxcloud.services.imports.importer": "from faxcloud.wiring import build",
        "faxcloud.wiring": "",
    },
    "a face in another face": {
        "faxcloud.api.routes.reports": "from faxcloud.ui import theme",
        "faxcloud.ui.theme": "",
    },
    "a page in the API": {"pages.rules": "from faxcloud.api import app", "faxcloud.api.app": ""},
    "a face in the store": {
        "faxcloud.cli": "from faxcloud.store.lake.table import Lake",
        "faxcloud.store.lake.table": "",
    },
    "settings in the rules": {
        "faxcloud.domain.metrics": "from faxcloud.config import Settings",
        "faxcloud.config": "",
    },
    "a library on the wrong floor": {"faxcloud.services.analytics.search": "import duckdb"},
    "a library's part on the wrong floor": {"pages.dashboard": "from sqlalchemy.orm import Session"},
    "Streamlit below the faces": {"faxcloud.services.analytics.search": "import streamlit as st"},
    "a module on no floor": {"faxcloud.things": ""},
}


@pytest.mark.parametrize("modules", BREACHES.values(), ids=BREACHES.keys())
def test_a_breach_of_the_floors_is_seen(modules: dict[str, str]):
    assert len(list(floor_breaches(modules))) == 1


def test_a_cycle_is_seen_through_three_modules():
    modules = {
        "faxcloud.store.a": "from faxcloud.store import b",
        "faxcloud.store.b": "from faxcloud.store.c import thing",
        "faxcloud.store.c": "import faxcloud.store.a",
    }
    assert cycles(modules) == [
        ["faxcloud.store.a", "faxcloud.store.b", "faxcloud.store.c", "faxcloud.store.a"]
    ]


def test_a_cycle_between_folders_is_seen_though_no_file_closes_it():
    modules = {
        "faxcloud.store.lake": "",
        "faxcloud.store.lake.a": "from faxcloud.store.queries import b",
        "faxcloud.store.lake.c": "",
        "faxcloud.store.queries": "",
        "faxcloud.store.queries.b": "",
        "faxcloud.store.queries.d": "import faxcloud.store.lake.c",
    }
    assert cycles(modules) == []
    assert folder_cycles(modules) == ["faxcloud.store.lake", "faxcloud.store.queries"]


def test_a_crowded_folder_is_seen():
    files = [Path(f"faxcloud/store/file_{number}.py") for number in range(MOST_FILES + 1)]
    assert crowded_folders(files[1:]) == []
    assert crowded_folders(files) == [f"{Path('faxcloud/store')} has {MOST_FILES + 1} files"]


@pytest.mark.parametrize("text", ["import os", "from pathlib import Path", "open('x')", "dt.datetime.now()"])
def test_a_rule_that_touches_the_world_is_seen(text: str):
    assert len(list(rules_that_touch_the_world({"faxcloud.domain.numbers": text}))) == 1


@pytest.mark.parametrize(
    "name", ["faxcloud/utils.py", "faxcloud/store/query_helpers.py", "faxcloud/common/x.py"]
)
def test_a_name_that_names_nothing_is_seen(name: str):
    assert nameless([Path(name), Path("faxcloud/store/database.py")]) == [str(Path(name))]
