"""Many alerts at once: from a CSV file, into one, and actions on those that were picked."""
