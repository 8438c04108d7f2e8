"""Root of the error tree: code, message and hint of an error, in both languages."""

import functools
import string
from typing import Any, ClassVar

from faxcloud.i18n import N_, Translator, translator


class FaxCloudError(Exception):
    """Root of the error tree: a stable `code`, a `message` (what was wrong) and a `hint` (what to do).

    A subclass states its sentences once, in English, with `{named}` fields; it is raised with a keyword for
    each of them (and others, kept in `values` for whoever catches it). `{size:bytes}` shows `1.5 GB`.

    Raises:
        TypeError: a field has no value.
    """

    code: ClassVar[str] = "error"
    template: ClassVar[str] = N_("FaxCloud could not do this.")
    hint_template: ClassVar[str] = N_("The log has details.")
    page_hint_template: ClassVar[str] = ""
    """Hint on pages, where the other one names a command; without fields."""
    marked_values: ClassVar[frozenset[str]] = frozenset({"looks_like", "reason", "expected"})
    """Values that may be sentences marked with `N_`, to be translated with the rest.

    `expected` may have `{named}` fields of its own, such as `{limit}`, filled from the same keywords.
    """

    def __init__(self, **values: object) -> None:
        if missing := self.fields() - values.keys():
            raise TypeError(f"{type(self).__name__} lacks {', '.join(sorted(missing))}")
        self.values = values
        self.message, self.hint = self.render(translator("en"))
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        # Errors cross processes; the default would hand the message over as a positional argument.
        return functools.partial(type(self), **self.values), ()

    @classmethod
    def fields(cls) -> set[str]:
        """Names of the fields in its sentences."""
        parts = (*string.Formatter().parse(cls.template), *string.Formatter().parse(cls.hint_template))
        return {name for _, name, _, _ in parts if name}

    def render(self, translate: Translator) -> tuple[str, str]:
        """Message and hint in the translator's language, numbers and dates included."""
        values = {
            name: translate(value, **self.values if name == "expected" else {})
            if name in self.marked_values and isinstance(value, str)
            else value
            for name, value in self.values.items()
        }
        return translate(self.template, **values), translate(self.hint_template, **values)

    def page_hint(self, translate: Translator) -> str:
        """Hint for a reader of a page, who has no terminal."""
        return translate(self.page_hint_template) if self.page_hint_template else self.render(translate)[1]
