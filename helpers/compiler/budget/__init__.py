"""Form auto: a form for each layer, the fastest mix whose flash and RAM fit."""
