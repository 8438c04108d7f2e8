"""Alert rules, their evaluation, and the channels that notify about them.

Rules are evaluated when the data changes and every minute, once across all servers.
"""
