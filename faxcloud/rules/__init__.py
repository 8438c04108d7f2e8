"""Floor 0: what is true of a fax. No I/O but packaged rulesets, no clock."""
