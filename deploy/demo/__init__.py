"""The journey of a new user, performed from outside against a running platform: HTTP, WebSocket, mail (`make demo`)."""
