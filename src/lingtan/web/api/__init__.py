"""The API: OpenAPI 3.1 over the same records and the same scope."""
