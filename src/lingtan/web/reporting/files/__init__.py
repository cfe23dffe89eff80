"""Files of the room: evidence, a report as Excel, bills and statistics forms, the statistics ledger."""
