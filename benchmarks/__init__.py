"""Side-by-side measurements: `make bench`, or `python -m benchmarks --quick`. See __main__.py."""
