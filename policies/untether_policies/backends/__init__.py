"""What can run a policy's graph: one small interface, one file per runtime."""
