"""A Redis written in Python, for machines without any other: `… PORT`.

Slow (a dozen tasks a second) and good enough to try things out.
"""

import sys

from fakeredis import TcpFakeServer


def main() -> None:
    server = TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="redis")
    server.serve_forever()


if __name__ == "__main__":
    main()
