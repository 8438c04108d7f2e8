"""Parts of the Explore page: search, one fax in full, top numbers.

The search runs in the store and returns a page of rows.
"""
