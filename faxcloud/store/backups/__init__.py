"""Restoring a backup's catalogue."""
