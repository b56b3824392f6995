"""What a service is asked to do: commands, in the imperative, a file a service."""
