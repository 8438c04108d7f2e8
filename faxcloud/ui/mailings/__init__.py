"""Parts of the page of scheduled mails."""
