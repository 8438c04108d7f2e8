"""Alembic environment: runs on the connection that `faxcloud.store.catalogue.migrations.upgrade` passes."""

from alembic import context

from faxcloud.store.catalogue.migrations import REVISION_TABLE
from faxcloud.store.catalogue.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=REVISION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
