"""Small web pages beside the API: sign-in, shared reports, downloads, PWA manifest."""
