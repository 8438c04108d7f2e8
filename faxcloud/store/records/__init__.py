"""Rows of the catalogue: one file per noun, such as reports, alerts, keys and webhooks.

Functions take a connection and return plain dictionaries.
"""
