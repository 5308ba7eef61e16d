"""The figures, by subject; the only files with results.py that know matplotlib (and aot/graph_pdf.py)."""
