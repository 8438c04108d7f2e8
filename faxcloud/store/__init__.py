"""The only layer that imports duckdb, deltalake and sqlalchemy: lake, catalogue, cache, audit log.

Services get records and figures from it, never a connection.
"""
