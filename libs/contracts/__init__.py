"""The messages that services exchange: one module per sender. Nothing here does I/O."""
