"""Parts of the page Help.

Definitions of figures come from the table of metrics.
"""
