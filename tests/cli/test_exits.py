"""Exit codes of the whole tree of errors."""

from collections.abc import Iterator

import pytest

from faxcloud.cli.output import FAILED, WRONG_USAGE, exit_code_of
from faxcloud.errors import FaxCloudError, FilterInvalid


def tree(kind: type[FaxCloudError] = FaxCloudError) -> Iterator[type[FaxCloudError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


@pytest.mark.parametrize("kind", list(tree()), ids=lambda kind: kind.__name__)
def test_every_error_is_a_refusal_but_a_wrong_option(kind: type[FaxCloudError]):
    error = kind(**dict.fromkeys(kind.fields(), 0))
    assert exit_code_of(error) == (WRONG_USAGE if issubclass(kind, FilterInvalid) else FAILED)
