"""The intermediate representation: graphs of nodes, sliding windows, memory layouts."""
