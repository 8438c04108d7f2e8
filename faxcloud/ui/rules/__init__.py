"""Parts of the page Rules: ruleset texts, problems, and trying a ruleset."""
