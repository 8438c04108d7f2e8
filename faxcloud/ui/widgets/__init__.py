"""Widgets used by several pages: tables, downloads, confirmations, progress, empty states.

They know nothing of a particular page.
"""
