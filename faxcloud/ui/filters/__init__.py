"""The selection of faxes on a page: filter widgets, chips, period and granularity."""
