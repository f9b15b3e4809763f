"""One folder per service. A service imports libs and itself, never another service."""
