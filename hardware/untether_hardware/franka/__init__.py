"""The Franka FR3 arm with its hand: description, model, impedance control and simulated arm.

The base frame is that of fr3_link0; the tool frame (TCP) lies between the fingertips, its z axis
pointing out of the hand and its y axis along the fingers' motion.
"""
