"""The toolkit's own Python environment, made by uv from requirements.lock; and that lock."""
