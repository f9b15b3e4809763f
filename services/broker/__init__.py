"""Connections to brokers, orders, risk and the portfolio (README.md)."""
