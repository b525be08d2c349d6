"""Learning: PPO over a task, its checkpoints, its progress, and what is left behind in a folder."""
