"""Query cache in memory, shared through Redis, and the counters of the rate limits."""
