"""Alembic's entry: runs on the connection that `faxcloud.store.migrations.upgrade` hands over."""

from alembic import context

from faxcloud.store.migrations import REVISION_TABLE
from faxcloud.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=REVISION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
