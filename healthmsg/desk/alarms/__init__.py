"""What goes wrong is noticed, told to named people, and told again until somebody has seen it."""
