"""Writes tensorboard/*.tfevents as TensorBoard does, and reads files of ours with TensorBoard's reader.

Made with Python 3.11, tensorboard 2.21.0, protobuf 7.36.2.

Use:  make_events.py            writes the fixtures
      make_events.py FILE...    holds each file's scalars against those of the fixtures
"""
import math
import pathlib
import sys
import unittest.mock

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.summary.writer.record_writer import RecordWriter

FOLDER = pathlib.Path(__file__).parent / "tensorboard"
BEGIN = 1700000000.25
# (step, wall time, scalars)
EVENTS = [
    (0, BEGIN, [("train/loss", 2.302585)]),
    (1, BEGIN + 0.5, [("train/loss", 1.5), ("test/accuracy", 0.0), ("naïve ∑ 数", -0.0)]),
    (300, BEGIN + 61.125, [("train/loss", math.inf), ("test/accuracy", -math.inf)]),
    (2**40, BEGIN + 1e6, [("", 1e-45), ("x" * 200, 3.4028234663852886e38)]),
]


def messages():
    for step, wall_time, scalars in EVENTS:
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars]
        yield Event(wall_time=wall_time, step=step, summary=Summary(value=values))


def write():
    FOLDER.mkdir(exist_ok=True)
    # As TensorBoard's users write: the first event names the writer.
    with unittest.mock.patch("time.time", lambda: BEGIN):
        writer = EventFileWriter(str(FOLDER))
    for message in messages():
        writer.add_event(message)
    writer.close()
    next(FOLDER.glob("events.out.tfevents.*")).rename(FOLDER / "event-file-writer.tfevents")
    # The same without the writer's name, as we write.
    with open(FOLDER / "record-writer.tfevents", "wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=BEGIN, file_version="brain.Event:2").SerializeToString())
        for message in messages():
            writer.write(message.SerializeToString())


def check(path):
    accumulator = EventAccumulator(path, size_guidance={"scalars": 0}).Reload()
    found = {tag: [(e.step, e.wall_time, e.value) for e in accumulator.Scalars(tag)]
             for tag in accumulator.Tags()["scalars"]}
    expected = {}
    for message in messages():
        for value in message.summary.value:
            expected.setdefault(value.tag, []).append((message.step, message.wall_time, value.simple_value))
    if found != expected:
        sys.exit(f"{path}: expected {expected}, found {found}")
    print(f"{path}: TensorBoard reads {sum(map(len, found.values()))} scalars, all as written")


for path in sys.argv[1:]:
    check(path)
if not sys.argv[1:]:
    write()
