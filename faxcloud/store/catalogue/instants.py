"""Instants: always aware and in UTC, in every database."""

import datetime as dt

import sqlalchemy as sa


def utc_now() -> dt.datetime:
    """Current instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


class Instant(sa.TypeDecorator[dt.datetime]):
    """Column type for an aware datetime in UTC. SQLite stores no zone, so both directions convert here."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {value.isoformat()}")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
