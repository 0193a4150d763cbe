#!/usr/bin/env python3
"""How long PyTorch takes to open a checkpoint, and Pillow to decode a folder of images, in this process.

Written with torch 2.13.0+cpu and pillow 13.0.0.

Use:  files.py open FILE        median milliseconds of five, after one that is not counted
      files.py decode FOLDER    median images per second of five passes over all files, on one thread
"""
import pathlib
import statistics
import sys
import time


def median_seconds(work):
    work()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(verb, path):
    if verb == "open":
        import torch
        torch.set_num_threads(2)
        print(f"{1e3 * median_seconds(lambda: torch.load(path, map_location='cpu')):.1f} ms")
    else:
        from PIL import Image
        files = sorted(pathlib.Path(path).iterdir())
        seconds = median_seconds(lambda: [Image.open(file).convert("RGB") for file in files])
        print(f"{len(files) / seconds:.0f} images/s")


main(*sys.argv[1:])
