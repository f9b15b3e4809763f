"""One rule over a watchlist: an alert for each of its stocks, which come and go with the list."""
