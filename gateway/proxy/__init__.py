"""From the door to a service and back: our own keep-alive HTTP/1.1 pool on asyncio and httptools (decisions 20)."""
