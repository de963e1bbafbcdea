"""THE list of what is plugged in: a new kind, dialect or adapter is a folder and a line here.

Several lists, by who needs them: a command loads no more than it uses.
"""
