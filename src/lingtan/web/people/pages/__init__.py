"""Pages and forms of the room."""
