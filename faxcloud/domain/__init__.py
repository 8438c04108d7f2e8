"""Domain layer: columns, number normalisation, metrics, filters and roles, without I/O and without a clock.

Everything else may import it; it imports nothing but errors and translations.
"""
