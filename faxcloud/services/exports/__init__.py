"""Exports of a selection as files, in the formats of `formats.py`.

Rows are streamed in the order of storage, and every export is audited.
"""
