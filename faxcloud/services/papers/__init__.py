"""Reports to share: contents, wording, PDF, workbook, charts and shared links."""
