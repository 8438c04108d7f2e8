"""Parts of the page Alerts, and the bell that every page has."""
