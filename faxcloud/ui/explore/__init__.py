"""Parts of the page Explore: search, one fax in full, top numbers.

The search runs in the store and returns a page of rows.
"""
