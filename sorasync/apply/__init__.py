"""Carries out a plan: submit, follow, fetch, record."""
