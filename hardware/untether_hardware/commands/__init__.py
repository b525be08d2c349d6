"""The commands of the hardware package."""
