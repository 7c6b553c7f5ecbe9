"""An officer's handset at a terminal: the face of app.py."""
