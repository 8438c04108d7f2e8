"""Imports page in the browser: upload, result, deletion."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from faxcloud.services.sample.export import SampleFacts, sample_path, write_sample
from faxcloud.wiring import Services
from tests.browser.conftest import Visit
from tests.browser.reading import cells, figure, go_to, keyed, percent, pick_row, settle

BROKEN = (
    # A mobile number; too few fields; blank ones too many; nothing at all.
    "900000001;Accueil;R;SF;a@ch.example;30/10/2026 09:00;33100000000;33612345678;0;0;2;30;2.00;Forfait",
    "900000002;Accueil;R;SF",
    "900000003;Accueil;R;SF;a@ch.example;30/10/2026 09:00;33100000000;33145221134;0;0;2;30;2.00;Forfait;;",
    "",
)


def drop(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        keyed(page, "import-file").get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(path)
    expect(keyed(page, "import-file")).to_contain_text(path.name)
    keyed(page, "import-now").get_by_role("button").click()


def messages(page: Page) -> Locator:
    return page.get_by_test_id("stAlert")


def test_a_dropped_file_is_judged_and_its_numbers_are_read_off_the_page(visit: Visit, tmp_path: Path):
    made = write_sample(tmp_path / "octobre.csv", 300, seed=5)
    with made.path.open("ab") as file:
        file.write("".join(f"{line}\r\n" for line in BROKEN).encode("cp1252"))
    page = visit("/imports")
    expect(keyed(page, "import-file")).to_contain_text("Drop a file here, or choose one: up to 200 MB")
    expect(keyed(page, "import-now").get_by_role("button")).to_be_disabled()
    drop(page, made.path)
    result = keyed(page, "import-result")
    expect(result).to_contain_text("octobre.csv")
    expect(result).to_contain_text("304 records in the file = 302 imported + 1 rejected + 1 blank")
    expect(figure(result, "Faxes")).to_have_text("302")
    expect(figure(result, "Invalid faxes")).to_have_text(str(made.invalid + 1))
    expect(figure(result, "Compliance")).to_have_text(percent((made.valid + 1) / 302))
    assert "octobre.csv" in cells(keyed(page, "imports"), 1)
    with page.expect_download() as download:
        result.get_by_role("link", name="Rejected records (CSV)").click()
    rejects = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig")), delimiter=";"))
    assert [row[0] for row in rejects] == ["line", "302"]
    go_to(page, "Dashboard")
    expect(figure(page, "Faxes")).to_have_text("302")
    expect(figure(page, "Pages")).to_have_text(f"{made.pages + 4:,}")
    expect(figure(page, "Invalid faxes")).to_have_text(str(made.invalid + 1))
    expect(figure(page, "Compliance")).to_have_text(percent((made.valid + 1) / 302))


def test_a_file_that_is_no_export_is_refused_with_what_is_wrong(visit: Visit, tmp_path: Path):
    picture = tmp_path / "scan.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    other = tmp_path / "other.csv"
    other.write_text("Fax ID;Mode;Date\n1;SF;01/02/2026\n", "utf-8")
    page = visit("/imports")
    drop(page, picture)
    expect(messages(page)).to_contain_text("scan.csv is not a table: it looks like a PNG image")
    drop(page, other)
    expect(messages(page)).to_contain_text("The file lacks the columns")
    expect(messages(page)).to_have_count(1)
    expect(keyed(page, "invitation")).to_be_visible()


def test_the_same_file_again_is_refused_unless_it_is_forced(visit: Visit, sample: SampleFacts):
    page = visit("/imports")
    drop(page, sample_path())
    expect(messages(page)).to_contain_text("sample-export.csv was imported already")
    settle(page)  # the form is drawn anew after the message, and its choices with it
    page.get_by_text("Contract, period and more").click()
    page.get_by_text("Import even if the same file was imported before").click()
    drop(page, sample_path())
    expect(keyed(page, "import-result")).to_contain_text("4,800 records in the file")
    go_to(page, "Dashboard")
    expect(figure(page, "Faxes")).to_have_text("9,600")


def test_a_report_in_full_and_its_deletion_which_selects_no_other(
    visit: Visit, sample: SampleFacts, services: Services, tmp_path: Path
):
    services.imports.import_file(write_sample(tmp_path / "newest.csv", 50, seed=3).path)
    page = visit("/imports")
    pick_row(keyed(page, "imports"), 1)
    keyed(page, "delete-report").get_by_role("button").click()
    keyed(page, "confirm-yes").get_by_role("button").click()
    expect(keyed(page, "one-report")).to_have_count(0)
    assert "sample-export.csv" in cells(keyed(page, "imports"), 1)
    expect(keyed(page, "one-report")).to_have_count(0)
    pick_row(keyed(page, "imports"), 1)
    one = keyed(page, "one-report")
    expect(one).to_contain_text("4,800 records in the file = 4,800 imported + 0 rejected + 0 blank")
    expect(figure(one, "Invalid faxes")).to_have_text(str(sample.invalid))
    assert cells(one.get_by_test_id("stDataFrame").first, 1) == [
        "No page",
        str(sample.violations["pages.zero"]),
    ]
    keyed(page, "delete-report").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("This cannot be undone")
    keyed(page, "confirm-no").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(one).to_be_visible()
    keyed(page, "delete-report").get_by_role("button").click()
    keyed(page, "confirm-yes").get_by_role("button").click()
    expect(keyed(page, "invitation")).to_be_visible()
    expect(one).to_have_count(0)
