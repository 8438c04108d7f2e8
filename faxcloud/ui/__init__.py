"""The pages' parts, by noun. Pages draw what these hand them: no SQL and no arithmetic in either."""
