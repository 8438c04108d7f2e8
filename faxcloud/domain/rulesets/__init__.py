"""Rulesets as data: the TOML parser, the checked SQL expressions, and the compiled conditions."""
