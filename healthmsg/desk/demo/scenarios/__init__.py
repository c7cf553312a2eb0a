"""Single situations to try: each sets its stage, says what to do, and can play and judge itself."""
