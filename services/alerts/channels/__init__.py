"""The ways to reach a person, behind one port."""
