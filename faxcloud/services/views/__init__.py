"""Saved views and personal preferences.

They belong to a user, and a view can be shared with everybody.
"""
