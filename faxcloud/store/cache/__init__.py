"""Query cache in memory, shared through Redis, and the counters of the rate limits.

The version of the data is part of every key, so an entry is never stale.
"""
