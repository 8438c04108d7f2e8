"""Parts of the Rules page: ruleset texts, problems, and trying a ruleset.

A trial shows what another ruleset would change, and changes nothing.
"""
