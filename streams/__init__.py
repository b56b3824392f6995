"""What is said: typed events and commands, their envelope and their bytes. No input or output happens here."""
