"""What is true of a fax: columns, number normalisation, metrics, filters, roles. No I/O, no clock.

Everything else may import it; it imports nothing but errors and translations.
"""
