"""Parts of the Usage and cost page.

Costs follow the price list that an administrator enters.
"""
