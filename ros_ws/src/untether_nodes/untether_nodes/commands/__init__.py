"""Commands that need ROS: launch, fly and demo."""
