"""The demo in a folder and on ports of its own."""

from pathlib import Path

from app.demo.run import DemoInstallation, run_demo


def main(arguments: list[str]) -> int:
    """Run it: the folder, the eight ports, and `fresh` to begin again."""
    home, *ports, fresh = arguments
    return run_demo(DemoInstallation(Path(home), *map(int, ports)), fresh=fresh == "fresh")
