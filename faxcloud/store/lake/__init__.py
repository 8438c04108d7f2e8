"""The Delta table of faxes: commits, Parquet files, clean-up of old files.

Data files, log entries and folders are flushed to disk before a commit counts.
"""
