"""Parts of the page Imports: uploads, the result of an import, its details."""
