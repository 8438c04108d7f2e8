"""Keys, accounts, sessions, rate limits and idempotency keys.

A key or an account gives a role, and `domain/roles.py` says what a role may do.
"""
