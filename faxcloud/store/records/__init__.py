"""Rows of the catalogue: one file per noun, such as reports, alerts, keys and webhooks."""
