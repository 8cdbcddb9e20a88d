"""Which of the six languages a text is in: by its script, and between three in Latin script by their small words."""

import re
import unicodedata

ENOUGH = 40  # letters; fewer tell nothing
LONGEST = 20_000
SCRIPTS = {"ARABIC": "ar", "CYRILLIC": "ru", "CJK": "zh", "LATIN": ""}
SMALL_WORDS = {
    "en": " the of and to in that for is by with on as are shall from which be at this its ",
    "fr": " le les des et du une est que pour dans la au aux sur par qui ce cette ou avec ",
    "es": " el los las y del una es que para en la al por con se su sus como o lo ",
}
WORD = re.compile(r"[^\W\d_]+")


def tongue_of(text: str) -> str | None:
    """`en`, `fr`, `es`, `ru`, `ar`, `zh`, or None where it cannot be told."""
    text = text[:LONGEST]
    counts = dict.fromkeys(SCRIPTS, 0)
    for letter in filter(str.isalpha, text):
        script = unicodedata.name(letter, "").partition(" ")[0]
        if script in counts:
            counts[script] += 3 if script == "CJK" else 1  # a character there is about half a word
    script, most = max(counts.items(), key=lambda each: each[1])
    if most < ENOUGH:
        return None
    return SCRIPTS[script] or _by_small_words(text)


def _by_small_words(text: str) -> str | None:
    words = [f" {word.lower()} " for word in WORD.findall(text)]
    ranked = sorted(((sum(word in small for word in words), code) for code, small in SMALL_WORDS.items()), reverse=True)
    (best, code), (second, _) = ranked[:2]
    return code if best > 1.2 * second and best >= 3 else None
