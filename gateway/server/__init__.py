"""The connections with clients: HTTP/1.1 and WebSocket in uvicorn's slots, with bounds on what a client controls."""
