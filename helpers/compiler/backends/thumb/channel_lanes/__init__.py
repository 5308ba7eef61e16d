"""Layers that compute two output channels in one register."""
