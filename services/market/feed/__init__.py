"""The feed: from a provider's price to the newest price, the candles and the tick stream."""
