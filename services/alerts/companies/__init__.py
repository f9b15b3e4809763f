"""Companies: telling of results and ex-days that come."""
