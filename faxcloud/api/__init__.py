"""The HTTP API and the small web pages beside the pages of Streamlit.

`app.py` puts the FastAPI application together; Streamlit mounts it at `/api`.
"""
