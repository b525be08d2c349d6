"""Off-policy learning: replay, an ensemble of critics, a hybrid actor, and their learner."""
