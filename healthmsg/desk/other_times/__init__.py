"""The page on which a patient chooses another time, for where buttons are not possible."""
