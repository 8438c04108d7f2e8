"""HTTP: what is served beside the pages."""
