"""Webhook endpoints, deliveries and the check of their destinations."""
