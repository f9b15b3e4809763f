"""Strategies: rules that say when to buy and sell which stocks, in versions that never change."""
