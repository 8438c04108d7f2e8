"""Rulesets and re-validation of stored faxes.

A run rewrites only the files in which a verdict changes, and can stop and resume.
"""
