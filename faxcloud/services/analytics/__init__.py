"""What a selection adds up to: summaries, comparisons, users, usage, corrections, search.

Pages, API, CLI and exports get their figures here, so that they agree.
"""
