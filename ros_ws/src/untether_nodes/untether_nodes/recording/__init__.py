"""Recordings: MCAP files in rosbag2 folders that say by themselves what is in them."""
