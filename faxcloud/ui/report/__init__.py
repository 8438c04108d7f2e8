"""Parts of the page Report to share: on screen, as files, by link, compared.

All of them show what `services/papers` computes.
"""
