"""The command line `faxcloud`, one file per noun.

`program.py` puts the commands together; `output.py` prints tables or JSON.
"""

from faxcloud.cli.program import main, run

__all__ = ["main", "run"]
