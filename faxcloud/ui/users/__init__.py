"""Parts of the Users page: the ranking, and one user in detail.

A role that sees masked names cannot open one user.
"""
