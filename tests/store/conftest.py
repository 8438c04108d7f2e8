"""Catalogue fixture in SQLite and PostgreSQL, for tests that must hold in both."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.encryption import Encryption


@pytest.fixture(scope="session")
def postgresql_socket() -> Iterator[Path]:
    """The socket folder of a PostgreSQL server that ends with the tests; user `faxcloud`, no password."""
    pytest.importorskip(
        "psycopg", reason="psycopg is not installed: the catalogue is not tested on PostgreSQL"
    )
    programs = {name: shutil.which(name) for name in ("initdb", "pg_ctl")}
    if missing := [name for name, found in programs.items() if found is None]:
        pytest.skip(f"{' and '.join(missing)} not found: the catalogue is not tested on PostgreSQL")
    # The server refuses to run as root, as a container's tests do; and a socket's path must be short.
    user = "postgres" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if user is not None:
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        arguments = [str(programs[command[0]]), "-D", str(folder / "data"), *command[1:]]
        # Not captured: the server inherits the pipe and would keep it open.
        with (folder / "log").open("a") as log:
            subprocess.run(arguments, check=True, user=user, cwd=folder, stdout=log, stderr=log)

    try:
        run("initdb", "--auth=trust", "--username=faxcloud", "--no-sync", "--encoding=UTF8", "--locale=C")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run("pg_ctl", "-w", "-l", str(folder / "server.log"), "-o", options, "start")
        try:
            yield folder
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a catalogue that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'store' / 'catalogue.sqlite').as_posix()}"
    socket = request.getfixturevalue("postgresql_socket")
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(host=str(socket), user="faxcloud", dbname="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return f"postgresql://faxcloud@/{name}?host={socket}"


@pytest.fixture
def catalogue(catalogue_url: str, tmp_path: Path) -> Iterator[Catalogue]:
    """An empty catalogue."""
    opened = open_catalogue(catalogue_url, Encryption(tmp_path / "keys"))
    yield opened
    opened.close()
