"""Sources: how the export of each fax service is written, as data.

`format` holds what a source says, `header` finds a file's columns with it, `parser` reads its TOML,
`value_formats` rewrites foreign dates, durations and amounts.
"""
