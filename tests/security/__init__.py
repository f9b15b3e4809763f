"""Bad input, forged credentials and secrets against the running platform, from the outside."""
