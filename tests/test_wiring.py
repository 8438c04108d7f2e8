"""Services are built on first use, once."""

from __future__ import annotations

import threading
from pathlib import Path

from faxcloud.config import Settings
from faxcloud.wiring import build
from faxcloud.wiring.lazy import Lazy, lazy


def test_an_opened_store_has_built_no_service_and_load_builds_all(tmp_path: Path) -> None:
    services = build(Settings(home=tmp_path))
    names = ("_engine", "maintenance", "summaries", "mailings", "health")
    assert services.built(*names) == []
    services.load()
    assert len(services.built(*names)) == len(names)
    services.close()


def test_threads_that_ask_at_once_get_the_same_object() -> None:
    begun = threading.Barrier(8)
    made = []

    class Owner(Lazy):
        @lazy
        def part(self) -> object:
            made.append(object())
            return made[-1]

    owner = Owner()

    def ask() -> None:
        begun.wait()
        owner.part  # noqa: B018

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [owner.part]
