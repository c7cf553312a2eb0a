"""The roof: what sees everything (overview, the reason why and why not, the demo)."""
