"""The command line: `faxcloud …`, one noun a file."""

from faxcloud.cli.program import main, run

__all__ = ["main", "run"]
