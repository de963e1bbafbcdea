"""What a command ends for with a sentence."""


class Unfit(Exception):
    """The server must not start like this; the message says why and what to do."""


class CannotListen(Exception):
    """The port is taken, or may not be used."""
