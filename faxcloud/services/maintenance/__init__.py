"""Recovery after a crash, compaction and regular clean-up."""
