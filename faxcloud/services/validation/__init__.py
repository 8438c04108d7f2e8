"""Rulesets and re-validation of stored faxes."""
