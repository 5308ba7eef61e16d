"""The figures, by subject; the only files with results.py that know matplotlib (and compiler/commands/graph_pdf.py)."""
