"""Invented exports in the service's format, for trying FaxCloud and for tests.

The same seed gives the same people, numbers and faults, and the expected counts.
"""
