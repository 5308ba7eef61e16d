"""Layers that compute two neighbouring pixels in one register."""
