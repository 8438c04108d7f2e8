"""Webhook endpoints, deliveries and the check of their destinations.

Messages follow the Standard Webhooks specification and are sent at least once.
"""
