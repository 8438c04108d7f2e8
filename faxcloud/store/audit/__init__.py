"""The audit log: a hash chain in the catalogue and in a file, checked against each other."""
