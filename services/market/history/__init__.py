"""History: recorded prices of files, taken into the candles for good."""
