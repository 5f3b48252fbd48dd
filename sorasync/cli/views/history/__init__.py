"""Runs and the event log."""
