"""Charts in mails: the price and the alert's level, as a picture."""
