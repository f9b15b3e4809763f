"""Mails that carry a secret, kept until alerts has taken them."""
