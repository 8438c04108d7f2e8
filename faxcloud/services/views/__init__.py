"""Saved views and personal preferences."""
