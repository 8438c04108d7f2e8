"""The parts of the page Corrections."""
