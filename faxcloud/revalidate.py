"""`python -m faxcloud.revalidate …` is `faxcloud validate all …`, for cron and systemd timers."""

import sys

from faxcloud.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["validate", "all"]
    main()
