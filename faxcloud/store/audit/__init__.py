"""The audit log: a hash chain in the catalogue and in a file, checked against each other.

Changing, removing or adding an event afterwards is found by `audit verify`.
"""
