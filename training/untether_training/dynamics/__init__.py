"""Batched quadrotor dynamics in torch: one source for the CPU and the GPU."""
