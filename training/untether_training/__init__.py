"""Training in simulation: dynamics, tasks, learning, evaluation and export."""
