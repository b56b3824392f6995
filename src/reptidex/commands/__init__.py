"""Commands of `reptidex` about what stands in a room: a room imports nothing that runs it."""
