"""HTTP mechanics: authentication, headers, limits, ETags, paging, problem documents, streaming.

Routes use these parts and contain nothing of the kind themselves.
"""
