"""What the operating system says about the server's processes; nothing where there is no `/proc`."""

from pathlib import Path

PROC = Path("/proc")


def family(pid: int) -> list[Path]:
    """Return the `/proc` folders of the process and of everything that it started."""
    root = PROC / str(pid)
    found = [root] if root.is_dir() else []
    for children in root.glob("task/*/children"):
        for child in children.read_text().split():
            found += family(int(child))
    return found


def resident_kilobytes(pid: int) -> int:
    """Return the memory that the server holds, its worker included."""
    lines = [line for each in family(pid) for line in (each / "status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def descriptors(pid: int) -> int:
    """Return how many files and sockets the server has open."""
    return sum(len(list((each / "fd").iterdir())) for each in family(pid))


def threads(pid: int) -> int:
    """Return how many threads the server has."""
    return sum(len(list((each / "task").iterdir())) for each in family(pid))
