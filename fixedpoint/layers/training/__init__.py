"""Layers that train in fixed point: forward, backward, and the loss."""
