"""Widgets used by several pages: tables, downloads, confirmations, progress, empty states."""
