"""AppTest fixture: the real frame script and services, over a store of the test's own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from faxcloud.ui.running import Running, running

ROOT = Path(__file__).resolve().parents[2]
FRAME = ROOT / "faxcloud" / "ui" / "frame" / "frame.py"
HEADER = (
    "Fax ID;Nom et prénom utilisateur;Revendeur;Mode;Adresse de messagerie;Date et heure du fax;"
    "Numéro d'envoi;Numéro appelé;Appel international;Appel interne;Nombre de page réel;Durée;"
    "Pages facturées;Type facturation"
)

Visit = Callable[..., AppTest]


def record(
    fax_id: str = "1",
    user: str = "Accueil",
    mode: str = "SF",
    sent_at: str = "04/03/2026 09:00",
    number: str = "33145221134",
    pages: str = "2",
) -> str:
    return f"{fax_id};{user};R;{mode};a@b.example;{sent_at};33100000000;{number};0;0;{pages};30;1.00;Forfait"


SMALL = (
    record("1", "Accueil", "SF", "04/03/2026 09:00", "33145221134", "3"),
    record("2", "Accueil", "RF", "04/03/2026 10:00", "33145221134", "2"),
    record("3", "Docteur", "SF", "06/03/2026 10:00", "33612345678", "1"),
    record("4", "Docteur", "RF", "07/03/2026 11:00", "33145221134", "0"),
    record("5", "Docteur", "RF", "07/03/2026 12:00", "33145221134", "5"),
)
"""Five faxes, three valid: a mobile number and a fax without pages are not. The 5th of March has none."""

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "$\\alpha$ :red[x] :smile: [a](javascript:alert(1)) **b** `c`",
    "\u202eevil \u0645\u0631\u062d\u0628\u0627",
    "n" * 10_000,
)


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The running application over a store of its own."""
    monkeypatch.setenv("FAXCLOUD_HOME", str(tmp_path / "store"))
    st.cache_resource.clear()
    application = running()
    yield application
    application.close()
    st.cache_resource.clear()


@pytest.fixture
def load(shared: Running, tmp_path: Path) -> Callable[..., str]:
    """Import records; the id of their report."""

    def load_records(*records: str, name: str = "export.csv", is_sample: bool = False) -> str:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        path.write_text("\n".join((HEADER, *records)) + "\n", encoding="utf-8")
        return shared.services.imports.import_file(path, name=name, is_sample=is_sample).report_id

    return load_records


@pytest.fixture
def visit(shared: Running) -> Visit:
    """Open a page as a browser would."""

    def open_page(page: str = "dashboard", language: str = "en", **params: str) -> AppTest:
        app = AppTest.from_file(FRAME, default_timeout=60)
        app.query_params.update({"refresh": "0", "lang": language, **params})
        app.run()
        if page != "dashboard":
            app.switch_page(str(ROOT / "pages" / f"{page}.py")).run()
        return app

    return open_page


def texts(app: AppTest) -> str:
    """Everything that a page says in markdown, captions, titles and messages."""
    kinds = (
        app.title,
        app.header,
        app.markdown,
        app.caption,
        app.info,
        app.success,
        app.warning,
        app.error,
    )
    return "\n".join(str(element.value) for elements in kinds for element in elements)


def metrics(app: AppTest) -> dict[str, str]:
    return {element.label: element.value for element in app.metric}
