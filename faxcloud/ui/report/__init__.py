"""Parts of the Report page: on screen, as files, by link, compared.

All of them show what `services/papers` computes.
"""
