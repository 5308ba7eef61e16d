"""Data, networks and training of three small cases that the note names: vision, audio, anomaly detection."""
