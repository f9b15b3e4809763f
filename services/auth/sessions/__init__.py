"""Sessions: logging in, staying in, going out."""
