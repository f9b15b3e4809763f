"""How brokers' feeds call our instruments."""
