"""Quantisation profiles as Glow writes them: histograms, node names, graph hash."""
