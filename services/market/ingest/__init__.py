"""Market feeds of brokers, as the broker service hands them on: frames in, prices for all or for their owner out."""
