"""Receivers of webhooks: one that listens and shows, one that verifies, and the traps that try others."""
