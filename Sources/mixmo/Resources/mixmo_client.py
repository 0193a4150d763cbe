"""The client of mixmo evaluate --model, version 1 of its protocol. It needs nothing but NumPy.

    from mixmo_client import serve
    serve(lambda images: model(preprocess(images)))

The function is called with each batch, uint8 [B, H, W, 3] in RGB. It returns logits (with --probabilities,
probabilities): [B, K], or [B, M, K] for M members; an array, or a tensor of PyTorch, JAX or TensorFlow.
"""

import io
import os
import sys

import numpy as np

# Answers go to the standard output that mixmo reads; whatever is printed goes to standard error.
_answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
sys.stdout = sys.stderr


class _Input:
    """Standard input as a stream: NumPy would seek in a file."""

    read = staticmethod(sys.stdin.buffer.read)


def serve(predict):
    """Answers each batch on standard input with predict(images), until there are no more."""
    while sys.stdin.buffer.peek(1):
        images = np.lib.format.read_array(_Input, allow_pickle=False)
        answer = _array(predict(images))
        _check(answer, len(images))
        message = io.BytesIO()
        np.lib.format.write_array(message, np.ascontiguousarray(answer), allow_pickle=False)
        _answers.write(message.getbuffer())
        _answers.flush()


def _array(answer):
    """The numbers of an array or a tensor, wherever it is."""
    is_bfloat16 = "bfloat16" in str(getattr(answer, "dtype", ""))
    for step in ["detach", "cpu"] + ["float"] * is_bfloat16 + ["numpy"]:
        if hasattr(answer, step):
            answer = getattr(answer, step)()
    answer = np.asarray(answer)
    return answer.astype(np.float32) if "bfloat16" in str(answer.dtype) else answer


def _check(answer, count):
    """Ends the program with a sentence where mixmo would refuse the answer."""
    classes = int(os.environ.get("MIXMO_CLASSES", 0))
    if answer.ndim not in (2, 3) or len(answer) != count:
        _fail(f"shape [{count}, K] or [{count}, M, K]", list(answer.shape))
    if answer.dtype.kind != "f" or answer.dtype.itemsize > 8:
        _fail("float16, float32 or float64", answer.dtype)
    if classes and answer.shape[-1] != classes:
        _fail(f"{classes} classes", answer.shape[-1])
    if not np.isfinite(answer).all():
        _fail("finite numbers", "NaN or infinity")


def _fail(expected, found):
    sys.exit(f"mixmo_client: expected an answer of {expected}, found {found}")
