"""Passkeys: logins that cannot be guessed, replayed or phished."""
