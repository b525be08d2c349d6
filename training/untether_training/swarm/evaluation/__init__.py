"""How well a swarm policy flies: the paper's protocol in the training simulator, cell by cell."""
