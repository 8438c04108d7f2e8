"""How fast FaxCloud is, beside other ways to do the same work: `python -m benchmarks` (`make bench`)."""
