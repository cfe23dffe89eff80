"""Commands on the platform's data."""
