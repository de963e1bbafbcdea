"""`assent sandbox` that ends with whoever started it, however that ends.

The one who starts it holds the other end of its standard input and writes nothing. A test run that
is killed, by CI or by its own time-out, stops no sandbox; but the system then closes the pipe.
"""

import os
import runpy
import signal
import threading


def _end_with_the_pipe() -> None:
    # not sys.stdin: its lock, held here, would stop the interpreter from ending
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_pipe, daemon=True).start()
    runpy.run_module("assent.cli.main", run_name="__main__", alter_sys=True)
