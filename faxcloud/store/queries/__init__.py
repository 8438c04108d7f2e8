"""Reading the lake with DuckDB: filters as SQL, counts, pages of rows, text search.

Connections may read the lake and nothing else, and a watchdog stops queries that take too long.
"""
