"""A small launcher for ROS 2 XML launch files, for machines without the ``ros2`` command.

A launch file is read, checked whole and evaluated to a plan before the first process starts;
the plan is then run by one supervisor. Nothing here imports ``rclpy``. ``LAUNCHER.md`` is the
reference of what is supported.
"""
