"""`python -m config.launcher serve`, `… manage COMMAND` and `… bench NAME`."""

import sys

from config.launcher.processes import LauncherError
from config.launcher.run_manage import manage
from config.launcher.serve import serve


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["serve"]:
                return serve()
            case ["manage", *rest]:
                return manage(rest)
            case ["bench", name, *rest] if name.isidentifier():
                return manage(["-m", f"bench.{name}", *rest])
    except LauncherError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write("usage: python -m config.launcher serve | manage … | bench …\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
