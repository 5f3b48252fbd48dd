"""Benchmarks on generated libraries; `make bench` runs them."""
