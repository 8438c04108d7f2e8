"""Query parameters of a page's address: read and kept in step with the widgets.

Streamlit's own binding is not used: it writes a widget's translated label, drops what belongs to another
page, and forbids `st.switch_page`.
"""

import streamlit as st


def folder_of(url: str) -> str:
    """Base URL in front of a page's name: the server's address, with the path that a proxy adds.

    >>> folder_of("https://example.org/fax/explore?q=1"), folder_of("http://localhost:8501/")
    ('https://example.org/fax', 'http://localhost:8501')
    """
    return url.partition("?")[0].rpartition("/")[0]


def asked(name: str) -> str | None:
    """Value of a query parameter of the visitor's link."""
    return st.query_params.get(name)


def keep(name: str, value: str | None) -> None:
    """Set a query parameter, or remove it with None.

    Written only when it differs: each write is a message.
    """
    if st.query_params.get(name) == value:
        return
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
