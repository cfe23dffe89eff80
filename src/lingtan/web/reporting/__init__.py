"""What parties state: forms, reports, statements, adoption."""
