"""Inference of the networks of peer_torch.py by PyTorch in bfloat16, or by OpenVINO: images per second, the median of
five batches after one that is not counted.

  inference.py torch-bfloat16|openvino-float32|openvino-bfloat16 --arch wrn --depth 28 --width 10 --classes 100 \\
      --batch 32 --threads 2

PyTorch's module and images are bfloat16, channels last, without autocast. Needs PyTorch, and for two of them OpenVINO.
"""
import argparse
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tests/Fixtures/reference"))
from peer_torch import build  # noqa: E402


def torch_bfloat16(net, images, threads):
    torch.set_num_threads(threads)
    net = net.to(torch.bfloat16).to(memory_format=torch.channels_last)
    images = images.to(torch.bfloat16).to(memory_format=torch.channels_last)

    def run():
        with torch.inference_mode():
            net(images)

    return run


def openvino(precision):
    def prepare(net, images, threads):
        import openvino as ov

        model = ov.convert_model(net, example_input=images, input=[tuple(images.shape)])
        compiled = ov.Core().compile_model(model, "CPU", {
            "INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
        })
        request, array = compiled.create_infer_request(), images.numpy()
        return lambda: request.infer([array])

    return prepare


PEERS = {
    "torch-bfloat16": torch_bfloat16, "openvino-float32": openvino("f32"), "openvino-bfloat16": openvino("bf16"),
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--arch", choices=["wrn", "resnet"], default="wrn")
    for name, default in dict(depth=28, width=10, members=2, classes=100, seed=1, batch=32, threads=2).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    side = 32 if arguments.arch == "wrn" else 64
    run = PEERS[arguments.peer](
        build(arguments).eval(), torch.randn(arguments.batch, 3, side, side), arguments.threads)
    run()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    print(f"{arguments.batch / sorted(times)[2]:.2f} images/s")
