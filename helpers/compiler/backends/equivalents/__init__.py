"""Nodes that have no kernel as nodes that have one and give the same bits."""
