"""Workarounds for faults of Streamlit, one file each, with symptom and versions."""
