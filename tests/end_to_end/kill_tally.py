"""What became of retries, per write endpoint: the table at the end of the kill rounds."""

import collections
import json

# Where the client stood when the node was killed, or was not there yet.
UNSENT = "unsent"        # the node was dead when the command was sent first
CUT = "cut"              # it was sent, and nothing had happened
COMMITTED = "committed"  # it had happened, and no reply, or half of one, had come back
RESTART = "restart"      # sent to a node that was starting, which was killed once more meanwhile
ANSWERED = "answered"    # the reply had been read
AT_END = "at end"        # every command once more, after all kills
POINTS = (UNSENT, CUT, COMMITTED, RESTART, ANSWERED, AT_END)
REQUIRED = (UNSENT, COMMITTED, RESTART)  # of each endpoint


def receipt_of(status, text):
    """The part of a reply that is the same for ever. Not so: whether this was a replay, how the
    request is traced, and the path to a newer checkpoint with its signatures."""
    reply = json.loads(text)
    reply.pop("trace_id", None)
    outcome = reply["outcome"] if reply.get("recorded") else reply
    for name in ("replayed", "certified"):
        del outcome[name]
    for name in ("proof", "certified"):
        del outcome["receipt"][name]
    return status, reply


class Tally:
    def __init__(self, rows):
        self.rows = {row: collections.Counter() for row in rows}

    def wants(self, row, point):
        """False where the other points of this row wait for their turn."""
        counts = self.rows[row]
        return counts[point] <= min(counts[each] for each in REQUIRED) + 1

    def missing(self):
        return [f"{row} was never retried: {point}"
                for row, counts in self.rows.items() for point in REQUIRED if not counts[point]]

    def print(self, routes):
        # A retry makes the one receipt of a command that had not happened, or gives it again.
        names = ("applied", "refused", *POINTS, "retries", "made it", "first receipt")
        print(f"{'COMMANDS':<49}" + "".join(f"{name.upper():>{len(name) + 2}}" for name in names))
        total = collections.Counter()
        for row, counts in self.rows.items():
            total.update(counts)
            self.line(f"{row:<20} {routes[row]}", counts, names)
        self.line("all", total, names)

    @staticmethod
    def line(title, counts, names):
        print(f"{title:<49}" + "".join(f"{counts[name]:>{len(name) + 2}}" for name in names))
