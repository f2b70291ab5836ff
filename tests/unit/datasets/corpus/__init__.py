"""Bad and borderline training files, made by code: each knows which findings it must have, and on which line."""
