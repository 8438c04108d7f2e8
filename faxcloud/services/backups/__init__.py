"""Backup and restore of the store.

A backup is a folder with catalogue, lake, keys and rulesets of one moment; a restore checks it first and
needs the store for itself.
"""
