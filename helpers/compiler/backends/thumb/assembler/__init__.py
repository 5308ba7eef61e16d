"""Thumb instructions as text, each checked against what it can encode."""
