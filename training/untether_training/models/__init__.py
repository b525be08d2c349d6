"""Torch modules that are trained here and run on robots: SI tensors in, SI commands out."""
