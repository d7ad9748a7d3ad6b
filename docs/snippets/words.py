import re, unicodedata

def words_of(text):
    text = text.lower()
    mark, sign = (f"[\ud800{re.escape(''.join(c for c in text if unicodedata.category(c)[0] in kinds))}]" for kinds in ("M", "PS"))
    word = rf"[^\W_](?:[^\W_]|{mark})*"
    found = re.findall(rf"{word}(?:['’]{word})*|['’](?:s|re|ve|ll|d|m)(?![^\W_])|{sign}", text, re.IGNORECASE)
    parts = (re.sub(r"(?<=.)(n't|'(?:s|re|ve|ll|d|m))$", r" \1", token.replace("’", "'")) if len(token) > 1 else token for token in found)
    return [word for part in parts for word in part.split(" ")]
