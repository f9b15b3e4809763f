"""What an operator does from the command line, before there is staff or when none can get in."""
