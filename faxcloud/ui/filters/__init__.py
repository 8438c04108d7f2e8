"""The selection of faxes on a page: filter widgets, chips, period and granularity.

Filters live in the address, except those that hold names or numbers.
"""
