"""The engine: Faust by its own extension points, one unit of work per fetch."""
