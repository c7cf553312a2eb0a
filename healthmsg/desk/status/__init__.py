"""How the house stands now: for people on one page, for machines under three addresses."""
