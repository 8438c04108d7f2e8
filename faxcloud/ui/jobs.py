"""Background jobs of the pages (imports, re-validations), run in threads and polled by the pages.

The heavy part of both happens in libraries that release the interpreter's lock, so the pages go on.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from faxcloud.errors import FaxCloudError
from faxcloud.services.actors import Actor, acting, current_actor

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed"]
MOST_KEPT = 50
"""Finished jobs that can still be asked for; older ones are forgotten."""


@dataclass
class Job:
    """A background job. The thread writes, the pages read; each field is replaced as a whole."""

    job_id: str
    kind: str
    label: str
    state: State = "waiting"
    progress: Any = None
    result: Any = None
    error: BaseException | None = None
    incident: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")


class Jobs:
    """Registry of the background jobs of one server process."""

    def __init__(self, threads: int = 2) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="faxcloud-job")
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def start(self, kind: str, label: str, work: Callable[[Callable[[Any], None]], Any]) -> Job:
        """Queue `work` in the name of the current actor; `work` gets a function that takes its progress."""
        job = Job(secrets.token_hex(8), kind, label)
        with self._lock:
            over = [each.job_id for each in self._jobs.values() if each.is_over]
            for job_id in over[: max(0, len(self._jobs) - MOST_KEPT)]:
                del self._jobs[job_id]
            self._jobs[job.job_id] = job
        self._pool.submit(self._run, job, work, current_actor())
        return job

    def get(self, job_id: str | None) -> Job | None:
        """A job by its id; None if it is unknown or forgotten."""
        with self._lock:
            return self._jobs.get(job_id or "")

    def close(self) -> None:
        """Shut down: running jobs finish, waiting ones are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Callable[[Callable[[Any], None]], Any], actor: Actor) -> None:
        job.state = "running"
        try:
            with acting(actor):
                job.result = work(lambda progress: setattr(job, "progress", progress))
        except FaxCloudError as error:
            log.info("%s refused: %s", job.kind, error.code)
            job.error, job.state = error, "failed"
        except Exception as error:
            # The page shows this incident number: no exception may end a thread unnoticed.
            job.incident = secrets.token_hex(4)
            log.exception("incident %s in %s", job.incident, job.kind)
            job.error, job.state = error, "failed"
        else:
            job.state = "done"
