"""Exports of a selection as CSV, JSON, XLSX or Parquet."""
