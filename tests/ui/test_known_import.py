"""Duplicate import message: when and where it was imported, and the button to import it again."""

import contextlib
import datetime as dt
from collections.abc import Callable
from pathlib import Path

from faxcloud.ui.imports import uploads
from faxcloud.ui.running import Running
from tests.ui.conftest import SMALL, Visit, texts
from tests.waiting import wait_until


def test_a_known_file_says_when_in_local_time_and_offers_to_be_imported_again(
    shared: Running, load: Callable[..., str], visit: Visit, tmp_path: Path
):
    load(*SMALL)
    [known] = shared.services.reports.list()
    place = contextlib.ExitStack()
    copy = place.enter_context(shared.services.uploads.place())
    copy.write_bytes(next(tmp_path.glob("*.csv")).read_bytes())
    job = shared.jobs.start(
        "import", "a", lambda _: shared.services.imports.import_file(copy, name="again.csv")
    )
    wait_until(lambda: job.is_over)

    app = visit("imports")
    app.session_state[uploads.JOB] = job.job_id
    options = {"name": "again.csv", "contract": None, "start": None, "end": None}
    app.session_state[uploads.COPY] = uploads.UploadedFile(copy, place, options)
    app.run()
    moment = known["imported_at"].astimezone(shared.settings.zone)
    assert f"was imported already, on {moment:%d %b %Y %H:%M}." in texts(app)
    assert moment.utcoffset() != dt.timedelta(0)
    assert known["report_id"] not in texts(app)

    app.button(key="import-known").click().run()
    wait_until(lambda: not copy.exists())
    assert [report["file"] for report in shared.services.reports.list()].count("again.csv") == 1
