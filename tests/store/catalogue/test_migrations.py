import datetime as dt
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from faxcloud.store.catalogue import migrations
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.catalogue.data_versions import data_version
from faxcloud.store.catalogue.tables import mails, metadata
from faxcloud.store.records.mailings import MAILS, Mail

OPENERS = 4
NOW = dt.datetime(2026, 5, 4, 8, tzinfo=dt.UTC)

OPEN_AT_THE_SAME_MOMENT = """
import sys
from faxcloud.store.catalogue.connection import open_catalogue
from faxcloud.store.catalogue.data_versions import bump_data_version
print("ready", flush=True)
sys.stdin.readline()
catalogue = open_catalogue(sys.argv[1])
with catalogue.write() as conn:
    bump_data_version(conn, "reports")
catalogue.close()
"""


def test_the_migrations_make_the_tables_that_the_code_knows(catalogue: Catalogue) -> None:
    with catalogue.read() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "version_table": migrations.REVISION_TABLE}
        )
        assert compare_metadata(context, metadata) == []


def test_the_head_and_the_known_revisions_are_those_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [migrations.HEAD]
    assert {script.revision for script in scripts.walk_revisions()} == migrations.known_revisions()


def test_a_migrated_catalogue_is_stamped_with_the_head(catalogue: Catalogue) -> None:
    with catalogue.read() as conn:
        assert migrations.stamped_revision(conn) == migrations.HEAD


def test_four_processes_open_a_fresh_store_at_the_same_moment(catalogue_url: str) -> None:
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AT_THE_SAME_MOMENT, catalogue_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(OPENERS)
    ]
    for opener in openers:
        assert opener.stdout is not None
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("\n")
        opener.stdin.flush()
    errors = [opener.communicate()[1] for opener in openers]
    assert [(opener.returncode, error) for opener, error in zip(openers, errors, strict=True)] == [
        (0, "")
    ] * OPENERS
    catalogue = open_catalogue(catalogue_url)
    with catalogue.read() as conn:
        assert data_version(conn, "reports") == OPENERS
    catalogue.close()


def test_mails_that_the_previous_version_queued_are_still_due(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'catalogue.sqlite').as_posix()}"
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = sa.create_engine(url)
    mail = Mail(
        mail_id="m1",
        mailing_id="ml1",
        due_at=NOW,
        recipient="ann@example.org",
        period_start=NOW.date(),
        period_end=NOW.date(),
        state="pending",
        attempts=1,
        created_at=NOW,
        next_attempt_at=NOW,
    )
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0003")
        old = [column.name for column in mails.c if column.name not in ("owner", "leased_until")]
        conn.execute(mails.insert().values({name: getattr(mail, name) for name in old}))
    engine.dispose()
    catalogue = open_catalogue(url)
    with catalogue.read() as conn:
        assert MAILS.due(conn, NOW) == "m1"
        assert MAILS.get(conn, "m1") == mail
    catalogue.close()
