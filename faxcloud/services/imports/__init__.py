"""Importing files: jobs, uploads, the watched folder, and the history of imports.

An import runs in a process of its own, and a crash at any step is repaired at the next start.
"""
