"""Who calls, and what stays secret: tokens, keys, the principal, revocation, passwords, field encryption."""
