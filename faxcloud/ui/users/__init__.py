"""Parts of the page Users: the ranking, and one user in detail.

A role that sees masked names cannot open one user.
"""
