"""Tiles of the dashboard: what there is, what the visitor has chosen of it, and where they begin."""
