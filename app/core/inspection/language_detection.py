"""Language detection: by script, and between the three in Latin script by their most frequent words."""

import re
import unicodedata

MIN_LETTERS = 40  # letters; with fewer, the language cannot be detected
MAX_CHARACTERS = 20_000
SCRIPTS = {"ARABIC": "ar", "CYRILLIC": "ru", "CJK": "zh", "LATIN": ""}
SMALL_WORDS = {
    "en": " the of and to in that for is by with on as are shall from which be at this its ",
    "fr": " le les des et du une est que pour dans la au aux sur par qui ce cette ou avec ",
    "es": " el los las y del una es que para en la al por con se su sus como o lo ",
}
WORD_PATTERN = re.compile(r"[^\W\d_]+")


def detect_language(text: str) -> str | None:
    """Return `en`, `fr`, `es`, `ru`, `ar` or `zh`, or None if there is too little text to tell."""
    text = text[:MAX_CHARACTERS]
    counts = dict.fromkeys(SCRIPTS, 0)
    for letter in filter(str.isalpha, text):
        script = unicodedata.name(letter, "").partition(" ")[0]
        if script in counts:
            counts[script] += 3 if script == "CJK" else 1  # a Chinese character is about half a word
    script, count = max(counts.items(), key=lambda item: item[1])
    if count < MIN_LETTERS:
        return None
    return SCRIPTS[script] or _detect_by_frequent_words(text)


def _detect_by_frequent_words(text: str) -> str | None:
    """Return the language with the most frequent words of its list, None if it is not clear."""
    words = [f" {word.lower()} " for word in WORD_PATTERN.findall(text)]
    ranked = sorted(((sum(word in small for word in words), code) for code, small in SMALL_WORDS.items()), reverse=True)
    (best, code), (second, _) = ranked[:2]
    return code if best > 1.2 * second and best >= 3 else None
