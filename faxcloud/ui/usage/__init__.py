"""The parts of the page about usage and cost, one noun a file."""
