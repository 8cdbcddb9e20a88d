"""Who hands in one refused file after the other pauses."""

from uuid import uuid4

import pytest

from app.core.errors import TooManyRequests
from app.core.files import refused_files
from app.core.files.refused_files import MAX_REFUSED_FILES, WINDOW_SECONDS, RefusedFileCounter


def test_after_many_refused_files_a_person_pauses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now, person, colleague = [1000.0], uuid4(), uuid4()
    monkeypatch.setattr(refused_files, "monotonic", lambda: now[0])
    counter = RefusedFileCounter()
    for _ in range(MAX_REFUSED_FILES):
        counter.require_no_pause(person)
        counter.count_refusal(person)
        now[0] += 10

    with pytest.raises(TooManyRequests, match="wait 9 minutes"):
        counter.require_no_pause(person)
    counter.require_no_pause(colleague)
    now[0] += WINDOW_SECONDS - 10 * MAX_REFUSED_FILES
    counter.require_no_pause(person)


def test_the_number_of_persons_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_files, "MAX_PERSONS", 2)
    counter, persons = RefusedFileCounter(), [uuid4() for _ in range(3)]
    for person in persons:
        for _ in range(MAX_REFUSED_FILES):
            counter.count_refusal(person)

    counter.require_no_pause(persons[0])
    with pytest.raises(TooManyRequests):
        counter.require_no_pause(persons[2])
