"""Small web pages beside the API: sign-in, shared reports, downloads, PWA manifest.

They answer without Streamlit, since they need headers, cookies or plain HTML.
"""
