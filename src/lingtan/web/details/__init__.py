"""What registers show beyond a record's fields: pages of boundary and stream, search, closed words, plans of ground."""
