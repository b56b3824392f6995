"""What is done: one function reacts to one event, inside a unit of work. The engine below runs them by the fetch."""
