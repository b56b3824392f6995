"""What is remembered: one database a service, rows that are plain structs, queries that views and agents share."""
