"""Demonstrations and corrections on disk, as LeRobotDataset v3: written, read, checked."""
