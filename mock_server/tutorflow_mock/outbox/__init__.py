"""Sending webhooks: where a delivery may go, and one attempt at bringing it there."""
