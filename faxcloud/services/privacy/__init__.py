"""Data protection: erasure with certificates, and retention."""
