"""The ways in which a function runs again: called, handed to a timer or an event loop, or put on a queue."""
