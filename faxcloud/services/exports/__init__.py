"""Exports of a selection as CSV, JSON, XLSX or Parquet.

Rows are streamed in the order of storage, and every export is audited.
"""
