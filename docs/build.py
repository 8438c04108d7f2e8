"""Generate the tables of README.md and docs/ from the code; `--check`, in `make check`, only compares.

A table stands between `<!-- table:NAME -->` and `<!-- /table -->`; the rest of a page is written by hand.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer.main

from faxcloud.api.app import create_api
from faxcloud.cli.program import program
from faxcloud.config import settings_help
from faxcloud.domain.columns import EXPORT_HEADERS, FAXES
from faxcloud.domain.entries import ENTRY
from faxcloud.domain.metrics import METRICS
from faxcloud.domain.roles import PERMISSIONS, ROLES, may
from faxcloud.domain.rulesets.expressions import FUNCTIONS
from faxcloud.domain.rulesets.parser import builtin_ruleset, builtin_rulesets
from faxcloud.domain.sources.parser import DEFAULT_SOURCE, builtin_source
from faxcloud.services.exports.formats import FORMATS

ROOT = Path(__file__).resolve().parents[1]
TABLE = re.compile(r"(<!-- table:(\w+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def settings() -> str:
    rows = [
        (f"`{row.variable}`", f"`{row.default}`" if row.default else "", row.description, row.expected)
        for row in settings_help()
    ]
    return markdown(("Variable", "Default", "Meaning", "Value"), rows)


def options() -> str:
    """Every command with every option, a section each."""
    sections = []
    for usage, command in each_command():
        rows = [
            (f"`{', '.join(part.opts)}`", part.help)
            for part in command.params
            if getattr(part, "param_type_name", "") == "option" and part.name != "help"
        ]
        sections.append(
            f"### `faxcloud {usage}`\n\n{command.help}\n\n{markdown(('Option', 'Meaning'), rows)}"
        )
    return "\n".join(sections)


def formats() -> str:
    rows = [
        (f"`{name}`", found.label, f"`{found.media_type}`", "yes" if found.is_streamed else "")
        for name, found in FORMATS.items()
    ]
    return markdown(("Format", "File", "Media type", "Streamed, also to stdout"), rows)


def rules() -> str:
    rows = [
        (f"`{rule.id}`", rule.severity, rule.label.en, rule.explanation.en, f"`{escaped(rule.when)}`")
        for rule in builtin_ruleset("faxcloud-3").rules
    ]
    return markdown(("Rule", "Severity", "Label", "Meaning", "Violated when"), rows)


def rulesets() -> str:
    rows = [
        (f"`{ruleset.id}`", ruleset.description.en, len(ruleset.rules))
        for ruleset in builtin_rulesets().values()
    ]
    return markdown(("Ruleset", "Meaning", "Rules"), rows)


def functions() -> str:
    return ", ".join(f"`{name}`" for name in FUNCTIONS) + ".\n"


def metrics() -> str:
    rows = [(metric.label, f"`{metric.key}`", metric.basis, metric.unit) for metric in METRICS]
    return markdown(("Number", "Key", "What is counted", "Unit"), rows)


def columns() -> str:
    rows = [(f"`{column.name}`", f"`{column.sql_type}`", column.meaning) for column in FAXES]
    return markdown(("Column", "Type", "Meaning"), rows)


def entries() -> str:
    meanings = {column.name: column.meaning for column in FAXES}
    rows = [(f"`{entry.name}`", f"`{entry.column}`", meanings[entry.column]) for entry in ENTRY]
    return markdown(("Column of an export", "Column of `faxes`", "Meaning"), rows)


def headers() -> str:
    source = builtin_source(DEFAULT_SOURCE)
    rows = [
        (
            EXPORT_HEADERS.get(name, names[0]),
            ", ".join(alias for alias in names if alias != EXPORT_HEADERS.get(name, names[0])),
            "required" if name in source.required else "",
        )
        for name, names in source.columns.items()
    ]
    return markdown(("Header", "Also read", ""), rows)


def roles() -> str:
    """Who may do what, from the table that every route, page and service asks."""
    rows = [
        (f"`{permission}`", *("yes" if may(role, permission) else "" for role in ROLES))
        for permission in PERMISSIONS
    ]
    return markdown(("Permission", *ROLES), rows)


def endpoints() -> str:
    """Method, path, what it answers and the permission that it takes, from the OpenAPI document."""

    def unbuilt() -> Any:
        raise AssertionError("the document is written without services")

    document = create_api(unbuilt).openapi()
    rows = [
        (f"`{method.upper()} /api{path.removeprefix('/api')}`", first_sentence(operation["description"]))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method != "head"
    ]
    return markdown(("Endpoint", "Answer"), rows)


LAYERS = ("domain", "presentation", "store", "services", "wiring", "api", "ui", "cli", "pages")
"""As in `tests/contract/test_floors.py`; lower layers first."""


def dependencies() -> str:
    """The imports between layers, then between the folders of each layer, as Mermaid diagrams."""
    modules = source_modules()
    arrows = {(layer_of(name), layer_of(target)) for name in modules for target in imported(modules, name)}
    between = [(one, other) for one, other in arrows if one != other and {one, other} <= set(LAYERS)]
    text = "Layers:\n\n" + diagram(between)
    for layer in ("store", "services", "api", "ui"):
        inside = {
            (folder_of(name), folder_of(target))
            for name in modules
            for target in imported(modules, name)
            if layer_of(name) == layer_of(target) == layer
        }
        within = [(one, other) for one, other in inside if one != other and one and other]
        text += f"\nFolders of `{layer}`:\n\n" + diagram(within)
    return text


def folders() -> str:
    """Each folder with the docstring of its package."""
    rows = []
    for name, text in sorted(source_modules().items()):
        docstring = ast.get_docstring(ast.parse(text)) or ""
        if (ROOT / name.replace(".", "/")).is_dir() and name != "faxcloud" and "migrations" not in name:
            path = name.replace(".", "/")
            rows.append((f"[`{path}`](../{path})", " ".join(docstring.split())))
    return markdown(("Folder", "What it is"), rows)


def source_modules() -> dict[str, str]:
    """The text of every module, by its dotted name; of a package that of `__init__`."""
    files = [*(ROOT / "faxcloud").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file.read_text(
            "utf-8"
        )
        for file in files
    }


def imported(modules: dict[str, str], name: str) -> set[str]:
    """Our own modules that a module imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(modules[name])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found & modules.keys()


def layer_of(name: str) -> str:
    return name.removeprefix("faxcloud.").split(".")[0]


def folder_of(name: str) -> str:
    """The folder inside its layer; empty for a module at the layer's root."""
    path = name.removeprefix("faxcloud.").split(".")
    return path[1] if len(path) > 1 and (ROOT / "faxcloud" / path[0] / path[1]).is_dir() else ""


def diagram(arrows: list[tuple[str, str]]) -> str:
    """A Mermaid flowchart without the arrows that longer paths imply."""
    direct = [
        (one, other)
        for one, other in sorted(arrows)
        if not any(
            (one, middle) in arrows and reaches(arrows, middle, other)
            for middle in {b for _, b in arrows} - {other}
        )
    ]
    return "```mermaid\nflowchart TD\n" + "".join(f"  {one} --> {other}\n" for one, other in direct) + "```\n"


def reaches(arrows: list[tuple[str, str]], start: str, end: str) -> bool:
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name == end:
            return True
        if name not in seen:
            seen.add(name)
            waiting += [other for one, other in arrows if one == name]
    return False


TABLES: dict[str, Callable[[], str]] = {
    each.__name__: each
    for each in (
        *(settings, options, rules, rulesets, functions, metrics, columns, entries, headers),
        *(roles, endpoints, dependencies, folders, formats),
    )
}


def first_sentence(text: str) -> str:
    return escaped(re.split(r"(?<=[.:;])\s", text.strip(), maxsplit=1)[0].rstrip(":;"))


def each_command() -> Iterator[tuple[str, Any]]:
    """Usage and command, in the order of the help."""

    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        below = getattr(command, "commands", None)
        if below is None:
            yield (
                " ".join((*path, *(argument(part) for part in command.params if is_argument(part)))),
                command,
            )
            return
        for name, each in below.items():
            yield from walk(each, (*path, name))

    yield from walk(typer.main.get_command(program()), ())


def is_argument(part: Any) -> bool:
    return bool(part.param_type_name == "argument")


def argument(part: Any) -> str:
    return str(part.metavar if part.required else f"[{part.metavar}]")


def escaped(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def markdown(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def built(text: str) -> str:
    """The page with its tables as they are now."""
    return TABLE.sub(lambda found: found[1] + TABLES[found[2]]() + found[3], text)


def main(arguments: list[str]) -> int:
    stale = [page for page in pages() if built(page.read_text("utf-8")) != page.read_text("utf-8")]
    if arguments == ["--check"]:
        for page in stale:
            print(f"{page.relative_to(ROOT)} differs from the code: run `make fix`.", file=sys.stderr)
        return 1 if stale else 0
    for page in stale:
        page.write_text(built(page.read_text("utf-8")), "utf-8", newline="\n")
        print(f"{page.relative_to(ROOT)} was built.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
