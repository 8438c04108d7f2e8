"""The parts of the administration page, one noun a file."""
