"""What a selection adds up to: summaries, comparisons, users, usage, corrections, search."""
