"""The catalogue database (SQLite or PostgreSQL): connection, tables, migrations, leases, state."""
