"""The only layer that imports duckdb, deltalake and sqlalchemy: lake, catalogue, cache, audit log."""
