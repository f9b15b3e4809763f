"""The only door: checks credentials, limits rates, routes, fans ticks and events out, serves the SPA and the docs."""
