"""Rulesets service: the built-in rulesets, the user's own in HOME/rulesets, and the active one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from faxcloud.domain.rulesets.parser import (
    DEFAULT_RULESET,
    builtin_ruleset,
    builtin_rulesets,
    load_rulesets,
    parse_ruleset,
)
from faxcloud.domain.rulesets.ruleset import Rule, Ruleset
from faxcloud.errors import FaxCloudError, FolderNotFound, RulesetInvalid, RulesetNotFound
from faxcloud.i18n import Language
from faxcloud.services.journal import Journal, Note
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.changes.judging import check_conditions

ACTIVE_SETTING = "active_ruleset"

LARGEST_FILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class RulesetShelf:
    """Rulesets and errors found.

    Attributes:
        rulesets: By id, the built-in ones first.
        errors: Error of each unusable file of the user, by file name.
    """

    rulesets: Mapping[str, Ruleset]
    errors: Mapping[str, FaxCloudError]


class Rulesets:
    """Rulesets service. It reads the user's folder anew each time: a corrected file counts at once."""

    def __init__(self, folder: Path, catalogue: Catalogue, journal: Journal) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._journal = journal
        self._checked: set[str] = set()

    def shelf(self) -> RulesetShelf:
        """All rulesets, and the errors of broken files; a broken file hides no other."""
        texts, unreadable = self._texts()
        rulesets, errors = load_rulesets(texts)
        usable: dict[str, Ruleset] = {}
        problems: dict[str, FaxCloudError] = {**unreadable, **errors}
        for ruleset_id, ruleset in rulesets.items():
            try:
                self._check(ruleset)
            except FaxCloudError as error:
                problems[ruleset_id] = error
            else:
                usable[ruleset_id] = ruleset
        return RulesetShelf(usable, problems)

    def list(self) -> list[Ruleset]:
        """Usable rulesets, built-in ones first."""
        return list(self.shelf().rulesets.values())

    def get(self, ruleset_id: str) -> Ruleset:
        """Ruleset by id.

        Raises:
            RulesetNotFound: there is none of that id.
            RulesetInvalid, ConditionRefused: its file exists and is invalid.
        """
        if ruleset_id in builtin_rulesets():
            return builtin_ruleset(ruleset_id)
        shelf = self.shelf()
        if ruleset_id in shelf.rulesets:
            return shelf.rulesets[ruleset_id]
        for file_name, error in shelf.errors.items():
            if Path(file_name).stem == ruleset_id:
                raise error
        raise RulesetNotFound(ruleset=ruleset_id, known=", ".join(shelf.rulesets))

    def rules(self) -> dict[str, Rule]:
        """Every rule by its id; the active ruleset's where several have it.

        A fax may have been judged by another ruleset than the active one.
        """
        active_id = self.active_id()
        ordered = sorted(self.list(), key=lambda ruleset: ruleset.id == active_id)
        return {rule.id: rule for ruleset in ordered for rule in ruleset.rules}

    def labels(self, language: Language) -> dict[str, str]:
        """Label of each rule by its id."""
        return {rule_id: rule.label.text(language) for rule_id, rule in self.rules().items()}

    def check(self, path: Path) -> Ruleset:
        """Validate a file that could be put into the folder.

        Raises:
            FolderNotFound: there is no such file.
            RulesetInvalid, ConditionRefused: what is wrong with it.
        """
        if not path.is_file():
            raise FolderNotFound(folder=str(path))
        ruleset = parse_ruleset(_read(path), path.name, self.get)
        check_conditions(ruleset)
        return ruleset

    def active(self) -> Ruleset:
        """Active ruleset, which validates new imports.

        Raises:
            RulesetNotFound, RulesetInvalid, ConditionRefused: its file is gone or broken; a full run
                under another one makes that the active one.
        """
        return self.get(self.active_id())

    def active_id(self) -> str:
        """Id of the active ruleset, also where its file is gone or broken by now."""
        with self._catalogue.read() as conn:
            return _active_id(get_setting(conn, ACTIVE_SETTING))

    def activate(self, ruleset_id: str) -> str:
        """Activate a ruleset for new imports; returns the id of the previous one."""
        with self._catalogue.write() as conn:
            before = _active_id(get_setting(conn, ACTIVE_SETTING))
            put_setting(conn, ACTIVE_SETTING, ruleset_id)
            self._journal.record(
                conn, Note("ruleset.activate", f"ruleset:{ruleset_id}", details={"before": before})
            )
        return before

    def _check(self, ruleset: Ruleset) -> None:
        if ruleset.key not in self._checked and ruleset.id not in builtin_rulesets():
            check_conditions(ruleset)
            self._checked.add(ruleset.key)

    def _texts(self) -> tuple[dict[str, str], dict[str, FaxCloudError]]:
        texts: dict[str, str] = {}
        unreadable: dict[str, FaxCloudError] = {}
        for path in sorted(self._folder.glob("*.toml")) if self._folder.is_dir() else ():
            try:
                texts[path.name] = _read(path)
            except RulesetInvalid as error:
                unreadable[path.name] = error
        return texts, unreadable


def _active_id(chosen: object) -> str:
    return chosen if isinstance(chosen, str) else DEFAULT_RULESET


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise RulesetInvalid(ruleset=path.name, reason="the file is larger than 1 MB")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RulesetInvalid(ruleset=path.name, reason=str(error)) from error
