"""Exports a bundle as C99 for microcontrollers."""
