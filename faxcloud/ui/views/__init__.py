"""Saved views on a page.

A view stores the filters of a page under a name.
"""
