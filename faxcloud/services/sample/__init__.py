"""Invented exports in the service's format, for trying FaxCloud and for tests."""
