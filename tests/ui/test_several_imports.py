"""Several files in one drop: each is imported, and the page says what became of each."""

from faxcloud.ui.imports import uploads
from faxcloud.ui.running import Running
from tests.store.reading.test_refusals import zip_of
from tests.ui.conftest import HEADER, SMALL, Visit, record
from tests.waiting import wait_until


def test_each_file_of_a_drop_and_each_member_of_an_archive_has_its_result(shared: Running, visit: Visit):
    export = "\n".join((HEADER, *SMALL)) + "\n"
    archive = zip_of(("a.csv", export.encode()), ("b.csv", (export + SMALL[0] + "\n").encode()))
    app = visit("imports")
    uploader = app.get("file_uploader")[0]
    assert uploader.proto.multiple_files
    uploader.set_value([("e.csv", b"", "text/csv"), ("m.zip", archive, "application/zip")])
    app.run()
    app.button(key="import-now").click().run()
    job = shared.jobs.get(app.session_state[uploads.JOB])
    wait_until(lambda: job.is_over)
    app.run()
    [refused] = [error.value for error in app.error]
    assert r"e\.csv is empty\." in refused
    first, second = [success.value for success in app.success]
    faxes = len(SMALL)
    assert first.startswith(rf"**m\.zip\/a\.csv** · {faxes} faxes imported, ")
    assert second.startswith(r"**m\.zip\/b\.csv** · 1 faxes imported, ")
    assert {report["file"] for report in shared.services.reports.list()} == {"m.zip/a.csv", "m.zip/b.csv"}


def test_order_of_dates_is_chosen_on_the_page(shared: Running, visit: Visit):
    rows = (
        record("90", "Accueil", "SF", "25/02/2026 08:00", "33145221134", "1"),
        record("91", "Accueil", "SF", "02/25/2026 08:00", "33145221134", "1"),
    )
    app = visit("imports")
    app.get("file_uploader")[0].set_value([("both.csv", "\n".join((HEADER, *rows)).encode(), "text/csv")])
    app.run()
    turn = app.session_state[uploads.TURN]
    app.selectbox(key=f"import-dates-{turn}").select("mdy")
    app.button(key="import-now").click().run()
    job = shared.jobs.get(app.session_state[uploads.JOB])
    wait_until(lambda: job.is_over)
    [report] = [each for each in shared.services.reports.list() if each["file"] == "both.csv"]
    assert report["warnings"]["date.unreadable"] == 1
