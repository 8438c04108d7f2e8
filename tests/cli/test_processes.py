"""Commands in separate processes: start-up, signals, pipes, encodings."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Faxcloud, sample_of, small_export

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and SIGPIPE are POSIX's")


@pytest.fixture
def process_env(environment: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def start(arguments: list[str], env: dict[str, str], module: str = "faxcloud") -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(arguments: list[str], env: dict[str, str], module: str = "faxcloud") -> tuple[int, bytes, bytes]:
    with start(arguments, env, module) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def loaded_modules(words: str, env: dict[str, str]) -> set[str]:
    program = f"from faxcloud.cli import run; run({words.split()!r}); import sys; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, check=True).stdout
    return set(out.decode().splitlines()[-1].split())


def test_help_starts_without_any_of_the_heavy_libraries(process_env):
    heavy = {
        "pandas",
        "streamlit",
        "pyarrow",
        "duckdb",
        "sqlalchemy",
        "deltalake",
        "sqlglot",
        "pydantic_settings",
    }
    assert loaded_modules("--help", process_env) & heavy == set()


def test_no_command_loads_the_libraries_of_the_pages(process_env):
    assert loaded_modules("status --json", process_env) & {"pandas", "streamlit", "plotly"} == set()


def test_a_command_loads_only_the_services_that_it_uses(process_env):
    loaded = loaded_modules("status --json", process_env)
    unused = ("mailings", "papers", "backups", "privacy", "webhooks", "alerts", "maintenance")
    assert [name for name in unused if f"faxcloud.services.{name}" in loaded] == []
    assert loaded_modules("keys list --json", process_env) & {"duckdb", "sqlglot"} == set()


def test_import_and_status_by_the_module(process_env, environment: Path):
    code, out, err = ended(["import", str(small_export(environment)), "--json"], process_env)
    assert (code, err) == (0, b"")
    assert json.loads(out)["imported"] == 6
    code, out, err = ended(["status", "--json"], process_env)
    assert (code, err) == (0, b"")
    assert json.loads(out)["faxes"] == 6


def test_revalidate_is_validate_all_with_its_exit_codes(faxcloud: Faxcloud, process_env, environment: Path):
    assert faxcloud("import", small_export(environment)).code == 0
    code, out, err = ended(["--ruleset", "faxcloud-1", "--json"], process_env, "faxcloud.revalidate")
    assert (code, err) == (0, b"")
    assert out.count(b"\n") == 1
    assert json.loads(out)["newly_valid"] == 1
    code, out, err = ended(["--engine", "spark"], process_env, "faxcloud.revalidate")
    assert (code, out) == (1, b"")
    assert err.startswith(b"error: ")
    assert ended(["--nonsense"], process_env, "faxcloud.revalidate")[0] == 2


@pytest.mark.parametrize(
    ("encoding", "command"),
    [("cp1252", ["import", "日本.csv", "--force"]), ("ascii", ["reports", "list"])],
    ids=["cp1252", "ascii"],
)
def test_a_name_that_stdout_cannot_say_is_no_crash(
    encoding: str, command: list[str], faxcloud: Faxcloud, process_env, environment: Path
):
    assert faxcloud("import", small_export(environment, "日本.csv")).code == 0
    code, out, _ = ended(command, {**process_env, "PYTHONIOENCODING": encoding})
    assert code == 0
    assert b"??.csv" in out
    assert {report["file"] for report in faxcloud("reports", "list", "--json").document} == {"日本.csv"}


def test_csv_is_utf_8_whatever_the_terminal_speaks(faxcloud: Faxcloud, process_env, environment: Path):
    env = {**process_env, "PYTHONIOENCODING": "ascii"}
    assert faxcloud("import", small_export(environment)).code == 0
    run_id = faxcloud("validate", "all", "--ruleset", "faxcloud-1", "--json").document["run_id"]
    for words in (["entries", "export"], ["validate", "changes", run_id]):
        assert "Bloc – nuit" in ended(words, env)[1].decode("utf-8")


@POSIX
def test_a_reader_that_goes_away_ends_an_export_in_silence(
    faxcloud: Faxcloud, process_env, environment: Path
):
    assert faxcloud("import", sample_of(environment, 5_000)).code == 0
    with start(["entries", "export"], process_env) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(7) == b"fax_id,"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


@POSIX
def test_ctrl_c_is_code_130_and_one_line(faxcloud: Faxcloud, process_env, environment: Path):
    assert faxcloud("import", sample_of(environment, 5_000)).code == 0
    with start(["entries", "export"], process_env) as process:
        assert process.stdout is not None
        assert process.stdout.read(7) == b"fax_id,"  # more than a pipe holds is still to come
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().splitlines()[0] == "error: Stopped."


@POSIX
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_imports_what_arrives_and_ends_cleanly(kind: signal.Signals, process_env, environment: Path):
    inbox = environment / "inbox"
    inbox.mkdir()
    with start(["watch", str(inbox), "--every", "0.1", "--json"], process_env) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"Watching ")
        small_export(inbox)
        assert json.loads(process.stdout.readline())["imported"] == 6
        process.send_signal(kind)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_two_processes_may_load_the_sample_into_an_empty_store_at_once(faxcloud: Faxcloud, process_env):
    running = [start(["sample", "--load-if-empty"], process_env) for _ in range(2)]
    for process in running:
        with process:
            _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode()
    assert faxcloud("status", "--json").document["reports"] == 1
