"""The instruments that alerts are about: asked of market, and remembered beside the alerts."""
