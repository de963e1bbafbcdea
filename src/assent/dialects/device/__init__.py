"""The Device API: how a person's own device enrols, is asked, and answers."""
