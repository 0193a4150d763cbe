"""CIFAR's files of Python, with three images each. Python 3.11, NumPy 2.4.6.

Run in this folder: python cifar.py; writes cifar-10-batches-py/test_batch and
cifar-100-python/test, opcode by opcode as Python 2 pickled the published files; repickled/test_batch and
repickled-2/test_batch, what Python 3 makes of the first with its labels as an array, and with keys of bytes in
protocol 2; repickled-5 and others, protocol 5 in both memory orders and labels as numbers and arrays of NumPy;
repickled-0 and -1, the older protocols; repickled-4-floats and others, labels of other types; and the same images in
cifar-10-batches-bin/test_batch.bin and cifar-100-binary/test.bin.
"""
import os
import pickle
import struct

import numpy as np

count = 3
data = (np.arange(count)[:, None] * 37 + np.arange(3072) * 11 + np.arange(3072) // 97).astype(np.uint8)
fine, coarse = [3, 99, 0], [19, 0, 7]


class Python2:
    """The opcodes of Python 2's cPickle in protocol 2."""

    def __init__(self):
        self.bytes = bytearray(b"\x80\x02")
        self.memo = 0

    def put(self):
        self.bytes += b"q" + bytes([self.memo])
        self.memo += 1

    def text(self, value):
        self.bytes += b"U" + bytes([len(value)]) + value
        self.put()

    def number(self, value):
        self.bytes += b"K" + bytes([value]) if value < 256 else b"M" + struct.pack("<H", value)

    def list(self, values, write):
        self.bytes += b"]"
        self.put()
        self.bytes += b"("
        for value in values:
            write(value)
        self.bytes += b"e"

    def array(self, array):
        self.bytes += b"cnumpy.core.multiarray\n_reconstruct\n"
        self.put()
        self.bytes += b"cnumpy\nndarray\n"
        self.put()
        self.bytes += b"K\x00\x85"
        self.put()
        self.text(b"b")
        self.bytes += b"\x87"
        self.put()
        self.bytes += b"R"
        self.put()
        self.bytes += b"(K\x01"
        self.number(array.shape[0])
        self.number(array.shape[1])
        self.bytes += b"\x86"
        self.put()
        self.bytes += b"cnumpy\ndtype\n"
        self.put()
        self.text(b"u1")
        self.bytes += b"K\x00K\x01\x87"
        self.put()
        self.bytes += b"R"
        self.put()
        self.bytes += b"(K\x03"
        self.text(b"|")
        self.bytes += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"
        self.put()
        self.bytes += b"b\x89T" + struct.pack("<i", array.size) + array.tobytes()
        self.put()
        self.bytes += b"t"
        self.put()
        self.bytes += b"b"

    def dictionary(self, entries):
        self.bytes += b"}"
        self.put()
        self.bytes += b"("
        for key, write in entries:
            self.text(key)
            write()
        self.bytes += b"u."
        return bytes(self.bytes)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


names = [f"image_{i}.png".encode() for i in range(count)]
p = Python2()
cifar10 = p.dictionary([
    (b"batch_label", lambda: p.text(b"testing batch 1 of 1")),
    (b"labels", lambda: p.list([3, 9, 0], p.number)),
    (b"data", lambda: p.array(data)),
    (b"filenames", lambda: p.list(names, p.text)),
])
p = Python2()
cifar100 = p.dictionary([
    (b"filenames", lambda: p.list(names, p.text)),
    (b"batch_label", lambda: p.text(b"testing batch 1 of 1")),
    (b"fine_labels", lambda: p.list(fine, p.number)),
    (b"coarse_labels", lambda: p.list(coarse, p.number)),
    (b"data", lambda: p.array(data)),
])
loaded = pickle.loads(cifar10, encoding="bytes")
assert (loaded[b"data"] == data).all() and loaded[b"labels"] == [3, 9, 0]
loaded100 = pickle.loads(cifar100, encoding="latin1")
assert (loaded100["data"] == data).all() and loaded100["fine_labels"] == fine

write("cifar-10-batches-py/test_batch", cifar10)
write("cifar-100-python/test", cifar100)
write("repickled/test_batch", pickle.dumps({"data": loaded[b"data"], "labels": np.array([3, 9, 0])}, protocol=4))
write("repickled-2/test_batch", pickle.dumps(loaded, protocol=2))
write("repickled-0/test_batch", pickle.dumps({"data": data, "labels": [3, 9, 0]}, protocol=0))
write("repickled-1/test_batch", pickle.dumps(loaded, protocol=1))
# Protocol 0 as Python 2 writes it: strings in quotes, long integers with an L.
text = "".join(
    f"\\x{b:02x}" if not 32 <= b < 127 else chr(b).replace("\\", "\\\\").replace("'", "\\'") for b in data.tobytes())
python2 = (
    "(dp1\nS'data'\np2\ncnumpy.core.multiarray\n_reconstruct\np3\n(cnumpy\nndarray\np4\n(I0\ntS'b'\ntRp5\n"
    f"(I1\n(L{count}L\nL3072L\ntcnumpy\ndtype\np6\n(S'u1'\nI0\nI1\ntRp7\n(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\n"
    f"S'{text}'\ntbsS'labels'\np8\n(lp9\nI3\naI9\naI0\nas.").encode()
assert (pickle.loads(python2, encoding="bytes")[b"data"] == data).all()
write("repickled-0-python2/test_batch", python2)
one_hot = np.eye(10)[[3, 9, 0]]
for name, labels in {
    "floats": [3.0, 9.0, 0.0], "bytes": bytes([3, 9, 0]), "one-hot": one_hot, "one-hot-lists": one_hot.astype(int).tolist(),
    "rows": [[3], [9], [0]],
}.items():
    write(f"repickled-4-{name}/test_batch", pickle.dumps({"data": data, "labels": labels}, protocol=4))
write("repickled-5/test_batch", pickle.dumps({"data": data, "labels": (3, 9, 0)}, protocol=5))
columns = np.asfortranarray(data)
write("repickled-5-columns/test_batch", pickle.dumps({"data": columns, "labels": [np.int64(i) for i in (3, 9, 0)]}, protocol=5))
# The name of the function before NumPy 2.
np._core.numeric._frombuffer.__module__ = "numpy.core.numeric"
old = pickle.dumps({"data": data, "labels": [np.array(3), np.array([9]), np.uint8(0)]}, protocol=5)
assert b"numpy.core.numeric" in old
write("repickled-5-old/test_batch", old)
write("repickled-2-numbers/test_batch", pickle.dumps({"data": data, "labels": list(np.array([3.0, 9, 0]))}, protocol=2))
write("cifar-10-batches-bin/test_batch.bin", b"".join(bytes([l]) + d.tobytes() for l, d in zip([3, 9, 0], data)))
write("cifar-100-binary/test.bin", b"".join(bytes([c, f]) + d.tobytes() for c, f, d in zip(coarse, fine, data)))
