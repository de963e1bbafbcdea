"""Messages handed to any gateway that is spoken to over HTTP."""
