"""The note's network from PyTorch: made and exported if torch is installed, else read from data/from_pytorch."""
