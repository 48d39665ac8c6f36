"""Deliveries that misbehave on purpose: how each kind is sent, and the orders that say which delivery it befalls."""
