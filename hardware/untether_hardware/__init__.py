"""Robots: descriptions, simulated robots and the safety stage. Knows neither ROS nor torch."""
