"""The Delta table of faxes: commits, Parquet files, clean-up of old files."""
