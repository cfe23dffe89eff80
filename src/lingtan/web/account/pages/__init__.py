"""The pages of the room, one module a question."""
