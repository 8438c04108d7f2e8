"""Parts of the page Usage and cost.

Costs follow the price list that an administrator enters.
"""
