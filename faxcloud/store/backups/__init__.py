"""Restoring a backup's catalogue.

It replaces the rows and keeps what belongs to this installation.
"""
