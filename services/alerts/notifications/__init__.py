"""Tells people, and keeps the ledger of what reached them."""
