"""What quadrotors are trained to do, and the environment in which they learn it."""
