"""Runs an MPI job of two processes on two hosts, which are network namespaces of this machine.

    sudo python3 two_hosts.py [--delay MS] [--cut-when TEXT] [--mca NAME VALUE]... -- COMMAND...

Prints what the job prints. With --cut-when the link between the hosts goes down at the first line that
has TEXT, and the last line says how many seconds later the job was gone from both hosts. --delay is one
way, by a TUN device on each host and this process between them: kernels may lack the netem discipline.
Ends with the job's status. Written for Open MPI 4.1, iproute2 6.1, Python 3.11.
"""

import argparse
import collections
import ctypes
import fcntl
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x1001
ADDRESSES = ["10.77.0.1", "10.77.0.2"]
DEVICE = "mixmo0"

# Open MPI starts its daemon on the second host by this instead of ssh. The daemon gets a session of its
# own, so that nothing on the first host can end it across a link that is cut.
AGENT = """#!/bin/sh
shift
setsid ip netns exec {host} unshare --uts sh -c 'hostname {host}; export TMPDIR={tmp}; exec sh -c "$*"' sh "$@" \\
  </dev/null >{tmp}/daemon.log 2>&1 &
wait $!
"""


def run(*command):
    subprocess.run(command, check=True)


def processes_of(host):
    found = subprocess.run(["ip", "netns", "pids", host], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


def tun(host):
    """A TUN device on a host, as a file."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{host}", os.O_RDONLY)
    if libc.setns(there, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN_WITHOUT_HEADER))
    libc.setns(home, CLONE_NEWNET)
    return device


def forward(devices, delay):
    """Carries packets from each device to the other, later."""
    other = {devices[0]: devices[1], devices[1]: devices[0]}
    under_way = collections.deque()
    while True:
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, device, packet = under_way.popleft()
            try:
                os.write(device, packet)
            except OSError:
                pass  # the device is down, and the packet lost
        wait = max(0, under_way[0][0] - time.monotonic()) if under_way else 1
        for device in select.select(devices, [], [], wait)[0]:
            try:
                packet = os.read(device, 65536)
            except OSError:
                time.sleep(0.001)
                continue
            under_way.append((time.monotonic() + delay, other[device], packet))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--cut-when")
    parser.add_argument("--mca", nargs=2, action="append", default=[])
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    hosts = [f"mixmo{os.getpid()}{letter}" for letter in "ab"]
    folder = tempfile.mkdtemp()
    try:
        sys.exit(job(arguments, hosts, folder))
    finally:
        for host in hosts:
            for process in processes_of(host):
                os.kill(process, 9)
            subprocess.run(["ip", "netns", "del", host])
        shutil.rmtree(folder, ignore_errors=True)


def connect(hosts, delay):
    for host in hosts:
        run("ip", "netns", "add", host)
    if delay > 0:
        devices = [tun(host) for host in hosts]
        threading.Thread(target=forward, args=(devices, delay / 1000), daemon=True).start()
    else:
        run("ip", "-n", hosts[0], "link", "add", DEVICE, "type", "veth", "peer", "name", DEVICE, "netns", hosts[1])
    for host, address in zip(hosts, ADDRESSES):
        run("ip", "-n", host, "addr", "add", f"{address}/24", "dev", DEVICE)
        run("ip", "-n", host, "link", "set", "lo", "up")
        run("ip", "-n", host, "link", "set", DEVICE, "up")


def job(arguments, hosts, folder):
    connect(hosts, arguments.delay)
    folders = [os.path.join(folder, host) for host in hosts]
    for path in folders:
        os.mkdir(path)
    agent = os.path.join(folder, "agent")
    with open(agent, "w") as file:
        file.write(AGENT.format(host=hosts[1], tmp=folders[1]))
    os.chmod(agent, 0o755)
    settings = [
        ("plm", "rsh"), ("plm_rsh_agent", agent), ("pml", "ob1"), ("btl", "tcp,self"),
        ("btl_tcp_if_include", DEVICE), ("oob_tcp_if_include", DEVICE), *arguments.mca,
    ]  # fmt: skip
    mpirun = [
        "mpirun", "--allow-run-as-root", "--host", ",".join(f"{a}:1" for a in ADDRESSES), "-np", "2",
        "--map-by", "node", "--bind-to", "none",
    ]  # fmt: skip
    for name, value in settings:
        mpirun += ["--mca", name, value]
    process = subprocess.Popen(
        ["ip", "netns", "exec", hosts[0], "unshare", "--uts", "sh", "-c", f'hostname {hosts[0]}; exec "$@"', "sh"]
        + mpirun + arguments.command,
        env=dict(os.environ, TMPDIR=folders[0]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    cut = None
    for line in process.stdout:
        print(line, end="", flush=True)
        if arguments.cut_when and arguments.cut_when in line and cut is None:
            run("ip", "-n", hosts[1], "link", "set", DEVICE, "down")
            cut = time.monotonic()
    status = process.wait()
    while any(map(processes_of, hosts)):
        time.sleep(0.1)
    if cut is not None:
        print(f"gone {time.monotonic() - cut:.1f} s after the cut, status {status}", flush=True)
    return status


main()
