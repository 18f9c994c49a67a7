"""What happens to nodes in a round of chaos. Each fault is a function of (story, dice) that breaks
something, waits while clients go on, and says in a few words what it did; Story.heal() ends it."""

import os
import time

# On a full disk: the last two are where no blocks are taken, and below storage.min_free_mb only.
LEFT_KB = (0, 0, 4, 64, 300, 24_000, 48_000)
JUMPS_S = (-86_400, -3_600, -60, -10, -2, -0.5, 0.5, 2, 10, 60, 3_600, 86_400)


def hold(dice, most=2.0):
    time.sleep(dice.uniform(0.2, most))


def kill_one(story, dice):
    node = dice.choice(story.cluster.nodes)
    node.kill()
    hold(dice)
    return f"kill -9 node {node.number}"


def kill_leader(story, dice):
    leader = story.cluster.leader_or_any()
    gap = story.measure_gap("kill -9", [leader], lambda: leader.kill())
    return f"kill -9 leader {leader.number}, {gap}"


def kill_minority(story, dice):
    count = max(1, (len(story.cluster.nodes) - 1) // 2)
    nodes = dice.sample(story.cluster.nodes, count)
    for node in nodes:
        node.kill()
        time.sleep(dice.choice((0, 0, 0.3)))
    hold(dice)
    return f"kill -9 nodes {[node.number for node in nodes]}"


def kill_all(story, dice):
    nodes = dice.sample(story.cluster.nodes, len(story.cluster.nodes))
    for node in nodes:
        node.kill()
        time.sleep(dice.choice((0, 0, 0.02)))
    return "kill -9 all"


def kill_repeatedly(story, dice):
    """The same node again and again while it starts and catches up."""
    node = dice.choice(story.cluster.nodes)
    times = dice.randrange(2, 5)
    for _ in range(times):
        node.kill()
        time.sleep(dice.uniform(0, 0.3))
        node.launch()
        time.sleep(dice.uniform(0, 0.8))
    return f"kill -9 node {node.number} {times} times"


def restart_in_turn(story, dice):
    """A rolling restart, asked for with SIGTERM, in any order."""
    nodes = dice.sample(story.cluster.nodes, len(story.cluster.nodes))
    for node in nodes:
        if node.paused or not node.runs():
            continue
        node.stop()
        time.sleep(dice.uniform(0, 0.3))
        node.launch()
        deadline = time.monotonic() + 10
        while not node.is_ready() and time.monotonic() < deadline:
            time.sleep(0.02)
    return f"restart {[node.number for node in nodes]}"


def pause_seconds(dice):
    draw = dice.random()
    if draw < 0.90:
        return dice.uniform(1, 3)
    return dice.uniform(4, 10) if draw < 0.99 else dice.uniform(20, 60)


def pause_one(story, dice):
    node, seconds = dice.choice(story.cluster.nodes), pause_seconds(dice)
    node.pause()
    time.sleep(seconds)
    return f"SIGSTOP node {node.number} {seconds:.1f} s"


def pause_leader(story, dice):
    leader, seconds = story.cluster.leader_or_any(), pause_seconds(dice)
    begun = time.monotonic()
    gap = story.measure_gap("SIGSTOP", [leader], leader.pause)
    time.sleep(max(0, seconds - (time.monotonic() - begun)))
    return f"SIGSTOP leader {leader.number} {seconds:.1f} s, {gap}"


def pause_majority(story, dice):
    count = len(story.cluster.nodes) // 2 + 1
    nodes = dice.sample(story.cluster.nodes, count)
    for node in nodes:
        node.pause()
    hold(dice, 3)
    for node in dice.sample(nodes, count):
        node.resume()
        time.sleep(dice.choice((0, 0.5)))
    return f"SIGSTOP nodes {[node.number for node in nodes]}"


def cut(story, pairs, dice):
    how = dice.choice(("hold", "reset"))
    for sender, receiver in pairs:
        story.cluster.links.cut(sender.number, receiver.number, how)
    return how


def around(story, node):
    return [pair for other in story.cluster.nodes if other is not node
            for pair in ((node, other), (other, node))]


def cut_one(story, dice):
    node = dice.choice(story.cluster.nodes)
    how = cut(story, around(story, node), dice)
    hold(dice, 3)
    return f"cut off node {node.number} ({how})"


def cut_leader(story, dice):
    leader = story.cluster.leader_or_any()
    gap = story.measure_gap("cut off", [leader], lambda: cut(story, around(story, leader), dice))
    hold(dice, 1)
    return f"cut off leader {leader.number}, {gap}"


def cut_one_way(story, dice):
    """A node is heard by nobody, or hears nobody, or one link is deaf in one direction."""
    leader = story.cluster.leader()
    node = leader if leader and dice.random() < 0.5 else dice.choice(story.cluster.nodes)
    others = [other for other in story.cluster.nodes if other is not node]
    shape = dice.choice(("unheard", "deaf", "one link"))
    if shape == "one link":
        others = [dice.choice(others)]
    pairs = [(other, node) if shape == "deaf" else (node, other) for other in others]
    how = cut(story, pairs, dice)
    hold(dice, 3)
    return f"node {node.number} {shape} ({how})"


def partition(story, dice):
    """Two halves, of which at most one is a majority."""
    nodes = dice.sample(story.cluster.nodes, len(story.cluster.nodes))
    half = len(nodes) // 2
    how = cut(story, [pair for one in nodes[:half] for two in nodes[half:]
                      for pair in ((one, two), (two, one))], dice)
    hold(dice, 3)
    return f"{[n.number for n in nodes[:half]]} | {[n.number for n in nodes[half:]]} ({how})"


def fill_disk(story, dice):
    node = dice.choice(story.cluster.mounted)
    left_kb = dice.choice(LEFT_KB)
    node.may_end = True
    filler = os.open(node.folder / "filler", os.O_CREAT | os.O_WRONLY)
    try:
        free = os.fstatvfs(filler).f_bavail * os.fstatvfs(filler).f_frsize - left_kb * 1024
        os.posix_fallocate(filler, 0, max(free, 4096))
    except OSError:  # somebody was faster; take the rest in small steps
        size = os.fstat(filler).st_size
        try:
            while left_kb == 0:
                os.posix_fallocate(filler, size, 4096)
                size += 4096
        except OSError:
            pass
    finally:
        os.close(filler)
    if dice.random() < 0.3:
        node.kill()  # and starts with a full disk
        node.launch()
    hold(dice, 3)
    if not node.runs():  # a supervisor would try once more
        node.launch()
        time.sleep(0.5)
    return f"full disk of node {node.number}, {left_kb} kB left, ends with {node.exits[-2:]}"


def jump_clock(story, dice):
    node = dice.choice(story.cluster.nodes)
    seconds = dice.choice(JUMPS_S)
    node.offset_clock(seconds)
    hold(dice, 3)
    return f"clock of node {node.number} {seconds:+g} s"


def jump_all_clocks(story, dice):
    by = [dice.choice((-2, -1, -0.5, 0.5, 1, 2)) for _ in story.cluster.nodes]
    for node, seconds in zip(story.cluster.nodes, by):
        node.offset_clock(seconds)
    hold(dice, 2)
    return f"clocks {by} s"


KILLS = [kill_one, kill_leader, kill_minority, kill_all, kill_repeatedly, restart_in_turn]
PAUSES = [pause_one, pause_leader, pause_majority]
CUTS = [cut_one, cut_leader, cut_one_way, partition]
DISKS = [fill_disk]
CLOCKS = [jump_clock, jump_all_clocks]
WEIGHTS = {kill_leader: 4, kill_repeatedly: 1, restart_in_turn: 1, pause_leader: 2, cut_leader: 2,
           cut_one_way: 2, fill_disk: 2}


def of(story, names):
    """(faults, weights) of the kinds in `names` that are possible here."""
    kinds = {"kill": KILLS, "pause": PAUSES, "cut": CUTS if story.cluster.links else [],
             "disk": DISKS if story.cluster.mounted else [],
             "clock": CLOCKS if story.cluster.clock_library else []}
    faults = [fault for name in names for fault in kinds[name]]
    return faults, [WEIGHTS.get(fault, 1) for fault in faults]
