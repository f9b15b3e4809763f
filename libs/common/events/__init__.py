"""Events: announced in the transaction of what happened, published by a relay, heard at least once, acted upon once.

announce -> outbox (same commit) -> relay -> stream `<service>.events` -> consumer: inbox + handler in one commit
"""
