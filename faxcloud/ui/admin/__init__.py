"""Parts of the administration page, one noun a file.

`sections.py` decides which of them a role sees.
"""
