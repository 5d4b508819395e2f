"""Run one command and write what it took: `launch.py RESULT SECONDS COMMAND …`.

A small process of its own, started without any package: a child begins with the size of whoever
starts it, so the peak that is measured is never below about 10 MB, and not above by more.
"""

import json
import os
import signal
import sys
import time


def main() -> None:
    """Start the command, wait for it, and write its figures as JSON."""
    result, limit, *command = sys.argv[1:]
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    timed_out = False

    def stop(*_: object) -> None:
        nonlocal timed_out
        timed_out = True
        os.killpg(pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(int(limit))
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    signal.alarm(0)
    with open(result, "w", encoding="utf-8") as file:
        json.dump(
            {
                "seconds": seconds,
                "cpu": usage.ru_utime + usage.ru_stime,
                "memory": usage.ru_maxrss * 1024,
                "status": os.waitstatus_to_exitcode(status),
                "timed_out": timed_out,
            },
            file,
        )


if __name__ == "__main__":
    main()
