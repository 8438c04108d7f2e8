"""Reading the lake with DuckDB: filters as SQL, counts, pages of rows, text search."""
