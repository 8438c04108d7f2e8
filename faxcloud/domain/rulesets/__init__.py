"""Rulesets as data: the TOML parser, the checked SQL expressions, and the compiled conditions.

A condition is parsed by sqlglot and accepted only if its columns and functions are allowed.
"""
