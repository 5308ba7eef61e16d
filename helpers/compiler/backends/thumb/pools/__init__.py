"""Maximum pools: over pixels in lanes, and over channels in bytes."""
