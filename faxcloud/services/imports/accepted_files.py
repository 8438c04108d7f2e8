"""Accepted import files: the suffixes that the upload form, the watched folder and the documentation name."""

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".gz", ".zip")
"""A filter of file names; the type of a file is detected from its content."""
