"""Parts of the Imports page: uploads, the result of an import, its details.

The upload starts a job, and the page follows its progress.
"""
