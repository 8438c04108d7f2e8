"""API server process that tests kill: `python -m tests.crash.uploading HOME`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.api.serving import served

if __name__ == "__main__":
    with served(Path(sys.argv[1])) as server:
        print(server.url, flush=True)
        while True:
            time.sleep(60)
