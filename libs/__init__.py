"""What the services and the gateway share: machinery, messages, mathematics."""
