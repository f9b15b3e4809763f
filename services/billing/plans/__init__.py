"""What is sold: plans with their prices and limits, each change a new version."""
