"""What somebody must answer within minutes and once: the second step of a login, the use of a passkey."""
