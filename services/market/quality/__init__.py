"""Quality: prices that were not believed, or not in time, and what staff decided about them."""
