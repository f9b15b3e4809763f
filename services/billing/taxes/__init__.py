"""Goods and services tax on what is sold."""
