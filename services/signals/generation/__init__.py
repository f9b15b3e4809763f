"""Generation: strategies that are followed, bar by bar, and the signals that they make."""
