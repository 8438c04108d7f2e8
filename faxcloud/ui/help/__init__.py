"""Parts of the Help page.

Definitions of figures come from the table of metrics.
"""
