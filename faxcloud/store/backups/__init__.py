"""Restoring a backup: its rows go into the catalogue, and its folder replaces the store, despite crashes."""
