"""Swarms of quadrotors among obstacles: many worlds at once, several drones in each.

Arrays end in two dimensions, drones (D) and worlds (W): the worlds are contiguous, so that all that
happens between the drones of a world is vectorised over worlds. Drone d of world w is column
``d * W + w`` of a `Fleet` with D * W drones.
"""
