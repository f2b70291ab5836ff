"""From an intent to a model: fingerprint, adoption, waiting, the life of a job, its record."""
