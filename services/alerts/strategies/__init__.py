"""What people have named elsewhere: their strategies, and the expressions that stand for a name."""
