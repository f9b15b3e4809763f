"""What is taken back before its end, told to everybody within a second."""
