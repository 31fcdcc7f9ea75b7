"""Prints how many calls a second a ProcessPoolExecutor makes that do nothing."""

import time
from concurrent.futures import ProcessPoolExecutor

WORKERS = 2
CALLS = 20_000


def noop(n):
    return n


def main():
    with ProcessPoolExecutor(max_workers=WORKERS) as executor:
        for future in [executor.submit(noop, n) for n in range(1000)]:
            future.result()  # both processes are there before the clock starts

        start = time.perf_counter()
        futures = [executor.submit(noop, n) for n in range(CALLS)]
        results = [future.result() for future in futures]
        elapsed = time.perf_counter() - start

    assert results == list(range(CALLS))
    print(f"{CALLS / elapsed:.0f} calls/s")


if __name__ == "__main__":
    main()
