"""Checks of the committed notebooks: their rules, the texts of their figures, and a replay of their outputs with nbval."""
