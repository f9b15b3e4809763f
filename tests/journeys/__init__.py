"""What people and programs do with the whole platform, over its own ports."""
