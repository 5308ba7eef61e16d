"""Three small cases of what the note promises to work for: vision, audio, anomaly detection. Data, networks, training."""
