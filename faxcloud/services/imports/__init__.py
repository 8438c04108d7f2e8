"""Importing files: jobs, uploads, the watched folder, and the history of imports."""
