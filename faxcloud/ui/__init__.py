"""Parts of the pages, one folder per page and folders that all pages use.

They call services and draw; there is no SQL and no arithmetic here.
"""
