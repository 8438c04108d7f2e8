"""HTTP mechanics: authentication, headers, limits, ETags, paging, problem documents, streaming."""
