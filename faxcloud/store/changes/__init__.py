"""Everything that writes faxes: import, judging, re-validation, erasure, and the two-phase commit.

Each change is one Delta commit plus one catalogue transaction, and an intention makes the pair repairable.
"""
