"""Saved views on a page."""
