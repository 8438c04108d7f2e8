"""What is true of a fax: columns, number normalisation, metrics, filters, roles. No I/O, no clock."""
