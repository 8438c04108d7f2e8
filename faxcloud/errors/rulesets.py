"""Errors of rulesets and their conditions."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class RulesError(FaxCloudError):
    """Unusable ruleset."""

    code = "rules.error"


class RulesetNotFound(RulesError):
    code = "rules.ruleset_not_found"
    template = N_("There is no ruleset “{ruleset}”. There are: {known}.")
    hint_template = N_("Choose one of these, or put your own as a .toml file into HOME/rulesets.")


class RulesetInvalid(RulesError):
    code = "rules.ruleset_invalid"
    template = N_("Ruleset “{ruleset}” cannot be used: {reason}.")
    hint_template = N_("Correct the file; `faxcloud rulesets check FILE` tests it.")
    page_hint_template = N_("Correct the file; the page Rules says whether it can be used.")


class ConditionRefused(RulesError):
    code = "rules.condition_refused"
    template = N_("The condition of “{rule}” is refused: {reason}.")
    hint_template = N_("Use only the columns of a fax and the functions in the documentation of rulesets.")
