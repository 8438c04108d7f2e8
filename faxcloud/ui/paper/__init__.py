"""The page of a report to hand on: on screen, as files, by link, beside another one."""
