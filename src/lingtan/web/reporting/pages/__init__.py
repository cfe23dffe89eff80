"""Pages of the room: filling in, the queue, the review, forms and files."""
