"""The durable link between a robot's actor and its learner."""
