"""What a run of the tested deployment prints."""

from time import monotonic


class Report:
    """Prints each step with the seconds since the beginning."""

    def __init__(self) -> None:
        self._began = monotonic()

    def note(self, words: str) -> None:
        print(f"{monotonic() - self._began:7.1f} s  {words}", flush=True)
