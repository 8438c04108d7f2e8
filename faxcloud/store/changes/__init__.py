"""Everything that writes faxes: import, judging, re-validation, erasure, and the two-phase commit."""
