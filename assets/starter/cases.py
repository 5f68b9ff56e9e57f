"""Writes eval/generated.jsonl: cases of notes with names and wordings that training never sees.

    python3 cases.py    the same file each time, until words change
"""

import json

import corpus
import kinds

SIZES = {1: 200, 3: 200, 6: 200}  # passages, and how many cases have so many


def case(supply, n):
    """Returns a case of exactly n passages and one question, in the form of notes.jsonl."""
    while True:
        notes = supply.notes(n)
        texts = supply.passages(notes)
        asked = supply.writer.ask_absent(notes, notes[0]) if supply.rng.random() < 0.13 else supply.writer.ask(notes, supply.rng.choice(notes))
        if len(texts) != n or not asked:
            continue
        question, fixed, found = asked
        if not found and supply.rng.random() < 0.6:
            continue
        found = sorted(found, key=lambda x: x[1])
        reply = {"q": supply.casual(question, fixed), "a": [v for v, _ in found], "from": [p + 1 for _, p in found]}
        return {"notes": texts, "questions": [reply]}


def unseen(kind):
    """Leaves a kind only the wordings that are kept for evaluation, and tells whether they are enough."""
    kind.lines = {what: kept for what, lines in kind.lines.items() if (kept := [x for x in lines if kinds.held(x[1]) == "eval"])}
    return "ask" in kind.lines and ("note" in kind.lines or {"first", "second"} <= kind.lines.keys())


# What is examined stays the same while the corpus grows, so that figures can be compared: kinds in the files called
# later-* are not in it.
EXAMINED = "[!l]*.txt"


def examiner():
    supply = corpus.Corpus("eval", seed=1)
    examined = [kind for kind in kinds.load(corpus.HERE / "kinds", EXAMINED) if unseen(kind)]
    supply.writer = kinds.Writer(examined, supply.words, "eval")
    return supply


def main():
    source = examiner()
    with open(corpus.HERE / "eval" / "generated.jsonl", "w") as f:
        for n, count in SIZES.items():
            for _ in range(count):
                f.write(json.dumps(case(source, n)) + "\n")


if __name__ == "__main__":
    main()
