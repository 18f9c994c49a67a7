"""Ed25519 signing as RFC 8032 describes it, in plain integers: enough for a load driver that may
need nothing but Python. Not constant in time: for test keys only."""

import base64
import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e = (y1 - x1) * (y2 - x2) % P
    f = (y1 + x1) * (y2 + x2) % P
    g = 2 * t1 * t2 * D % P
    h = 2 * z1 * z2 % P
    i, j, k, l = f - e, h - g, h + g, f + e
    return i * j % P, k * l % P, j * k % P, i * l % P


def _base():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = P - x if x & 1 else x
    return x, y, 1, x * y % P


# Row i holds 0..15 times 16^i times the base point.
TABLE = []
_point = _base()
for _ in range(64):
    row = [(0, 1, 1, 0)]
    for _ in range(15):
        row.append(_add(row[-1], _point))
    TABLE.append(row)
    _point = _add(row[-1], _point)


def _times_base(scalar):
    total = (0, 1, 1, 0)
    for row in TABLE:
        total = _add(total, row[scalar & 15])
        scalar >>= 4
    return total


def _encode(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


class SigningKey:
    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        scalar = int.from_bytes(digest[:32], "little")
        self.scalar = scalar & (2**254 - 8) | 2**254
        self.prefix = digest[32:]
        self.public = _encode(_times_base(self.scalar))
        self.id = hashlib.sha256(b"tanji/key@v1\n\x01" + self.public).digest()[:16].hex()

    @classmethod
    def read_pem(cls, path):
        """PKCS#8 of RFC 8410: the seed is the last 32 bytes."""
        with open(path, encoding="ascii") as file:
            lines = [line for line in file if not line.startswith("-")]
        return cls(base64.b64decode("".join(lines))[-32:])

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ORDER
        first = _encode(_times_base(r))
        h = hashlib.sha512(first + self.public + message).digest()
        s = (r + int.from_bytes(h, "little") * self.scalar) % ORDER
        return first + s.to_bytes(32, "little")
