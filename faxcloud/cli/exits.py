"""Exit codes, by the nearest class of an error. A test walks the whole tree of errors."""

from faxcloud.errors import FaxCloudError, FilterInvalid

DONE = 0
FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells say it

EXIT_CODES: dict[type[FaxCloudError], int] = {
    FaxCloudError: FAILED,
    FilterInvalid: WRONG_USAGE,  # the value of an option
}


def exit_code_of(error: FaxCloudError) -> int:
    """Exit code of an error, by its class or the nearest base class with one."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
