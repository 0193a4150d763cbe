"""A program for mixmo evaluate --model that does what its arguments say, without NumPy.

usage: program.py MODE [SEED]

Its logits are a function of each image alone: logit k is the (k + 1)th byte of the image plus a quarter of k.
"""

import os
import random
import re
import struct
import sys
import time

MODE = sys.argv[1]
CHANCE = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
CLASSES = int(os.environ["MIXMO_CLASSES"])
MEMBERS = 3 if MODE == "members" else 1


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def read(count):
    data = b""
    while len(data) < count:
        step = count - len(data)
        if MODE == "schedule":
            step = min(step, CHANCE.choice([1, 7, 4096, 1 << 20]))
            if CHANCE.random() < 0.02:
                time.sleep(CHANCE.random() * 0.01)
        piece = os.read(0, step)
        if not piece:
            return None
        data += piece
    return data


def write(data):
    while data:
        step = len(data)
        if MODE == "schedule":
            step = CHANCE.choice([1, 3, 100, 1 << 16])
            if CHANCE.random() < 0.02:
                time.sleep(CHANCE.random() * 0.01)
        data = data[os.write(1, data[:step]):]


def batches():
    while (prefix := read(10)) is not None:
        assert prefix[:8] == b"\x93NUMPY\x01\x00"
        header = read(struct.unpack("<H", prefix[8:])[0]).decode()
        assert "'descr': '|u1'" in header and "'fortran_order': False" in header
        shape = [int(n) for n in re.search(r"\(([^)]*)\)", header)[1].split(",") if n.strip()]
        size = shape[1] * shape[2] * shape[3]
        data = read(shape[0] * size)
        yield [data[i * size:(i + 1) * size] for i in range(shape[0])]


def logits(image, member):
    return [image[k + 1 + member] + k / 4 for k in range(CLASSES)]


def array(descr, shape, data):
    header = str({"descr": descr, "fortran_order": False, "shape": tuple(shape)})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def answer(images, descr="<f4", classes=CLASSES, members=MEMBERS, change=lambda values: values):
    values = [v for image in images for m in range(members) for v in (logits(image, m) * 2)[:classes]]
    code = {"f2": "e", "f4": "f", "f8": "d", "i8": "q"}[descr[1:]]
    values = change(values)
    if code == "q":
        values = [int(v) for v in values]
    data = struct.pack(f"{descr[0]}{len(values)}{code}", *values)
    shape = [len(images), classes] if members == 1 else [len(images), members, classes]
    return array(descr, shape, data)


def nan_at(place):
    def change(values):
        values[place] = float("nan")
        values[place + 1] = float("inf")
        return values
    return change


def softmax(values):
    import math
    rows = [values[i:i + CLASSES] for i in range(0, len(values), CLASSES)]
    result = []
    for row in rows:
        exponentials = [math.exp((v - max(row)) / 40) for v in row]
        result += [e / sum(exponentials) for e in exponentials]
    return result


def main():
    if MODE == "chatty":
        print("loading\tweights …")
        sys.stdout.flush()
    if MODE == "deaf":
        time.sleep(600)
    if MODE == "stubborn":
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "child":
        os.system("sleep 600 &")
    for number, images in enumerate(batches()):
        if MODE == "exits" and number == 1:
            for line in range(12):
                say(f"line {line}")
            sys.exit(3)
        if MODE == "dies" and number == 1:
            os.kill(os.getpid(), 11)
        if MODE in ("stops", "stubborn") and number == 1:
            say("waiting")
            time.sleep(600)
        if MODE == "closes" and number == 1:
            os.close(1)
            time.sleep(600)
        if MODE == "slow":
            time.sleep(0.02)
        if MODE == "rows":
            write(answer(images[1:]))
        elif MODE == "classes":
            write(answer(images, classes=CLASSES + 1))
        elif MODE == "grows" and number == 1:
            write(answer(images, members=2))
        elif MODE == "widens" and number == 1:
            write(answer(images, descr="<f8"))
        elif MODE == "nan" and number == 1:
            write(answer(images, change=nan_at(2 * CLASSES + 1)))
        elif MODE == "integers":
            write(answer(images, descr="<i8"))
        elif MODE == "huge":
            write(array("<f4", [len(images), 1 << 40, CLASSES], b""))
        elif MODE == "axes":
            write(array("<f4", [len(images), 2, 2, CLASSES], b""))
        elif MODE == "garbage":
            write(b"\x93NUMPY\x01\x00\x05\x00hello")
        elif MODE == "twice":
            write(answer(images) * 2)
        elif MODE == "halves":
            write(answer(images, descr=">f2"))
        elif MODE == "doubles":
            write(answer(images, descr=">f8"))
        elif MODE == "shifted":
            write(answer(images, change=lambda values: [v + 3 for v in values]))
        elif MODE == "probabilities":
            write(answer(images, change=softmax))
        else:
            write(answer(images))
    if MODE == "late":
        sys.exit(7)
    if MODE == "lingers":
        time.sleep(600)
    if MODE == "extra":
        write(b"that was all")


main()
