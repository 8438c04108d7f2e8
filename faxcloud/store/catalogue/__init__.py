"""The catalogue database (SQLite or PostgreSQL): connection, tables, migrations, leases, state.

Writes are short transactions; leases make sure that each job runs once across processes.
"""
