"""Administration page: health, access, audit log, data protection, store, webhooks."""

from faxcloud.ui.access import require
from faxcloud.ui.admin.sections import choose_section
from faxcloud.ui.screen import current_screen

require("metrics.read")
screen = current_screen()
choose_section(screen.t).show(screen)
