"""Parts of the page Rules: ruleset texts, problems, and trying a ruleset.

A trial shows what another ruleset would change, and changes nothing.
"""
