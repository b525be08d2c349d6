"""Swarms of quadrotors among columns: what they see, their simulator, flights, pictures, videos.

Arrays that have one row a drone are (drones, ...); drones are known by their row.
"""
