#!/usr/bin/env python3
"""A process between the nodes: one listening port per node, at the address that genesis names.

    cluster_links.py FOLDER NUMBER:LISTEN:TARGET …

Who dials is told by the owner of the socket, a `tanjid` whose configuration is under FOLDER/node-K.
Reads lines: `hold K J` (what K sends to J waits here), `reset K J` (connections of K to J break and
none is let through), `open` (everything passes again). Answers each with `ok`."""

import asyncio
import pathlib
import re
import socket
import struct
import sys


class Link:
    def __init__(self):
        self.passes = asyncio.Event()
        self.passes.set()
        self.broken = False
        self.writers = set()

    def open(self):
        self.broken = False
        self.passes.set()

    def reset(self):
        self.broken = True
        for writer in list(self.writers):
            slam(writer)


def slam(writer):
    """Ends with RST, as a dead machine's neighbour would."""
    handle = writer.get_extra_info("socket")
    if handle is not None:
        try:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.close()


class Diallers:
    def __init__(self, folder):
        self.pattern = re.compile(re.escape(f"{folder}/node-").encode() + rb"(\d+)/node\.toml")

    def of(self, port, listen):
        """The number of the node that opened the connection from `port`, or None."""
        wanted = self.socket_of(port, listen)
        return self.owner(wanted) if wanted else None

    @staticmethod
    def socket_of(port, listen):
        near, far = f":{port:04X}", f":{listen:04X}"
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            words = line.split()
            if words[1].endswith(near) and words[2].endswith(far):
                return f"socket:[{words[9]}]"
        return None

    def owner(self, wanted):
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                found = self.pattern.search((process / "cmdline").read_bytes())
                if found and any(str(fd.readlink()) == wanted for fd in (process / "fd").iterdir()):
                    return int(found[1])
            except OSError:
                continue
        return None


async def pump(reader, writer, link=None):
    """Carries bytes one way; `link` can hold them."""
    try:
        while data := await reader.read(65_536):
            if link:
                await link.passes.wait()
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        slam(writer)


async def main():
    folder, nodes = sys.argv[1], [tuple(map(int, each.split(":"))) for each in sys.argv[2:]]
    links = {(k, j): Link() for k, _, _ in nodes for j, _, _ in nodes if k != j}
    diallers = Diallers(folder)

    async def carry(number, listen, target, reader, writer):
        link = links.get((diallers.of(writer.get_extra_info("peername")[1], listen), number))
        if link is None or link.broken:
            slam(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            slam(writer)
            return
        link.writers |= {writer, far_writer}
        try:
            await asyncio.gather(pump(reader, far_writer, link), pump(far_reader, writer))
        finally:
            link.writers -= {writer, far_writer}

    for number, listen, target in nodes:
        await asyncio.start_server(
            lambda reader, writer, at=(number, listen, target): carry(*at, reader, writer),
            "127.0.0.1", listen)
    print("ready", flush=True)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).decode().split():
        if line[0] == "open":
            for link in links.values():
                link.open()
        else:
            link = links[int(line[1]), int(line[2])]
            if line[0] == "hold":
                link.passes.clear()
            else:
                link.reset()
        print("ok", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
