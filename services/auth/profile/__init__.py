"""How a person wants it: settings, the terms they have accepted, and the first steps."""
