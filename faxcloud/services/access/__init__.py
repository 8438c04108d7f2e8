"""Keys, accounts, sessions, rate limits and idempotency keys."""
