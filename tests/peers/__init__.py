"""make peers: other tools' code for the same networks, on the same emulated core (see __main__.py)."""
