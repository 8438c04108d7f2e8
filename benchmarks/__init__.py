"""Benchmarks of FaxCloud against other ways to do the same work: `python -m benchmarks` (`make bench`)."""
