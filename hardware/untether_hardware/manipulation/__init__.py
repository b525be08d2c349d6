"""Tasks of one arm on a table: scenes, starts and success, for simulators of every kind."""
