"""Parts of the page Explore: search, one fax in full, top numbers."""
