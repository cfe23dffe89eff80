"""Detail pages that show more than a record's fields: ordinary views that take the generic page's place."""
