"""Workarounds for faults of Streamlit, one file each, with symptom and versions.

A test fails when one is no longer needed.
"""
