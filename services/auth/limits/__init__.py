"""How often somebody may try: by account, network and device, and by address."""
