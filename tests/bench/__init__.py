"""Figures, measured; each module runs by itself."""
