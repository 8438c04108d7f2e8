"""The endpoints of the REST API, one file per noun."""
