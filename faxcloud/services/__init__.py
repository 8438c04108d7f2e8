"""One public function for each thing that a user can do, grouped by noun.

A service takes an actor's call, checks the permission, uses the store and writes the audit event.
"""
