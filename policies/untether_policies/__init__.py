"""Policy bundles: contract, loader, writer, checks, backends, importers. Knows no ROS, no torch."""
