"""cocotb tests of wrappers: they run inside a simulator, send what a file says, and record.

They assert nothing and know nothing of goldstream: the test that starts them compares.
"""

import json
import os
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)


def pauses(seed):
    """Return endless pauses: runs of stops and of goes, and single random cycles."""
    rng = random.Random(seed)
    while True:
        rate = rng.choice((0.0, 0.2, 0.5, 0.9))
        yield from (rng.random() < rate for _ in range(rng.randrange(1, 24)))


async def stream(dut, name, job, results):
    """Send packets and record those that come back, each as hexadecimal digits."""
    common = (dut.aclk, dut.aresetn)
    source = AxiStreamSource(
        AxiStreamBus.from_prefix(dut, f"{name}_s_axis"), *common, reset_active_level=False
    )
    sink = AxiStreamSink(
        AxiStreamBus.from_prefix(dut, f"{name}_m_axis"), *common, reset_active_level=False
    )
    if job["pauses"]:
        source.set_pause_generator(pauses(job["pauses"]))
        sink.set_pause_generator(pauses(job["pauses"] + 1))
    await ClockCycles(dut.aclk, 5)
    for packet in job["packets"]:
        await source.send(AxiStreamFrame(bytes.fromhex(packet)))
    for _ in range(job["answers"]):
        frame = await sink.recv()
        results[name].append(bytes(frame.tdata).hex())


async def lite(dut, name, job, results):
    """Do reads and writes, and record data and responses."""
    bus = AxiLiteBus.from_prefix(dut, f"{name}_s_axi")
    master = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)
    if job["pauses"]:
        channels = (
            *(master.write_if.aw_channel, master.write_if.w_channel, master.write_if.b_channel),
            *(master.read_if.ar_channel, master.read_if.r_channel),
        )
        for number, channel in enumerate(channels):
            channel.set_pause_generator(pauses(job["pauses"] + number))
    await ClockCycles(dut.aclk, 5)
    for kind, address, value in job["operations"]:
        if kind == "write":
            done = await master.write(address, bytes.fromhex(value))
            results[name].append(int(done.resp))
        elif kind == "read":
            done = await master.read(address, value)
            results[name].append([int(done.resp), done.data.hex()])
        elif kind == "wait":
            await ClockCycles(dut.aclk, value)
        else:
            # A faulty wrapper may be busy for ever.
            for _ in range(40):
                if not (await master.read(address, 4)).data[0]:
                    break


@cocotb.test()
async def drive(dut):
    """Do all jobs at once."""
    with open(os.environ["AXI_JOBS"]) as file:
        jobs = json.load(file)
    results = {name: [] for name in jobs}
    dut.aresetn.value = 0
    Clock(dut.aclk, 10, "ns").start()
    kinds = {"stream": stream, "lite": lite}
    tasks = [
        cocotb.start_soon(kinds[job["kind"]](dut, name, job, results))
        for name, job in jobs.items()
    ]
    await ClockCycles(dut.aclk, 3)
    dut.aresetn.value = 1
    # A faulty wrapper may never answer.
    sound = [task for name, task in zip(jobs, tasks, strict=True) if not jobs[name]["faulty"]]
    for task in sound:
        await with_timeout(task, 400_000, "ns")
    for task in tasks:
        if not task.done():
            task.cancel()
    with open(os.environ["AXI_RESULTS"], "w") as file:
        json.dump(results, file)
