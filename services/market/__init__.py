"""Market: instruments, providers, prices, candles and the tick stream."""
