"""What each layer can see, as frozen types: no I/O here, so that a cause can be judged without touching the world."""
