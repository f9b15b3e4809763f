"""Coming back in: a forgotten password, a login that strangers have blocked; and a new password."""
