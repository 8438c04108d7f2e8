"""Recovery after a crash, compaction and regular clean-up.

Housekeeping runs once a day, on one server only.
"""
