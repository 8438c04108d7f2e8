"""FaxCloud turns the exports of a fax service into answers."""

__version__ = "3.0.0"
