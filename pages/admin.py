"""Administration: how the service is, who comes in, what was done, and what keeps the data safe."""

from faxcloud.ui.access import require
from faxcloud.ui.admin.sections import choose_section
from faxcloud.ui.screen import current_screen

require("metrics.read")
screen = current_screen()
choose_section(screen.t).show(screen)
