"""Notes of every kind with questions about them, from the files in kinds/.

A file has paragraphs like this; the words in braces are fields of the kind, or classes of words.py:

    kind appointment
    field who: the dentist; Dr {surname}      values, a ; between alternatives
    note: {who} on {day} at {time}            \\n is a line break; a chain has first: and second: instead
    ask time: What time do I see {who}?       the fields it mentions tell which note is meant
    all who: Whom do I see on {day}?          may be answered from several notes

A later paragraph about the same kind adds to it.

A paragraph that begins with a note or a chain is a kind of its own, with values where they stand and, after none, what it
does not say:

    note: Choir is on {weekday} this week, {why=the hall is being painted|{first} is ill}.
    ask weekday: When do we sing?
    none: What time does choir begin?

Of such a note, if it is no chain, a clause is left out now and then, and sentences change places: what belongs together
stands between two commas. A question that mentions no field is asked where no other note is of that kind. {first2} draws
another {first}.
"""

import pathlib
import re
import zlib

import words

WORD = re.compile(r"\{\w+\}|\w+")
SLOT = re.compile(r"\{(\w+)\}")
VALUED = re.compile(r"\{(\w+)=((?:[^{}]|\{\w+\})*)\}")
CLAUSE = re.compile(r"(?<=[,.;:!?])[ \n]|\n")
SENTENCE = re.compile(r"(?<=[.!?])[ \n]|\n")
THINNED, SHUFFLED = 0.4, 0.3  # of the notes of situations: those that lack a clause, and those in another order
REWORDED = 0.4  # of the words of training questions about notes that have others of the same meaning
NONE = "Your notes don't say."
CITED = re.compile(r"(.+?) \[(\d+)\](?:$|, | and )", re.S)


def held(pattern):
    """Returns the set that a wording belongs to: some are kept for evaluation."""
    return {0: "eval", 1: "dev"}.get(zlib.crc32(pattern.encode()) % 14, "train")


class Kind:
    def __init__(self, name):
        self.name, self.fields, self.lines, self.found = name, {}, {}, {}
        self.situation = False  # a paragraph without a name, see above

    def of(self, what, which):
        """Returns the lines of one sort, as (field, wording), that belong to a set; all where it has none."""
        if (what, which) not in self.found:
            lines = self.lines.get(what, [])
            self.found[what, which] = [x for x in lines if held(x[1]) == which] or lines
        return self.found[what, which]

    def parse(self, line):
        head, _, text = line.partition(": ")
        what, _, field = head.partition(" ")
        text = text.strip().replace("\\n", "\n")
        if what == "field":
            self.fields[field] = [v.strip() for v in text.split(";")]
        elif what in ("note", "first", "second", "ask", "all", "none"):
            self.lines.setdefault(what, []).append((field, VALUED.sub(self.valued, text)))
        else:
            raise ValueError(f"{self.name}: what is {line!r}?")


    def valued(self, m):
        self.fields.setdefault(m[1], []).extend(v.strip() for v in m[2].split("|"))
        return "{" + m[1] + "}"


def drawn(kind, field):
    """Returns the class of words.py that a field's values are of; nothing if the kind has its own."""
    return "" if field in kind.fields else field.rstrip("0123456789")


def load(folder, which="*.txt"):
    kinds = {}
    for path in sorted(pathlib.Path(folder).glob(which)):
        for at, paragraph in enumerate(re.split(r"\n\s*\n", path.read_text())):
            lines = [line.strip() for line in paragraph.splitlines() if line.strip() and not line.startswith("#")]
            named = lines and lines[0].startswith("kind ")
            name = lines.pop(0)[5:].strip() if named else f"{path.stem} {at}"
            for line in lines:
                kind = kinds.setdefault(name, Kind(name))
                kind.situation = not named
                kind.parse(line)
    if not kinds:
        raise ValueError(f"no kinds of notes in {folder}")
    return list(kinds.values())


class Note:
    """One thing that was noted. shown are the fields that its text has."""

    def __init__(self, kind, values, wordings):
        self.kind, self.values, self.wordings = kind, values, wordings
        self.shown = set(SLOT.findall(" ".join(wordings)))
        self.places = []  # index of the passage of each wording
        first = SLOT.findall(wordings[0])
        self.links = [f for w in wordings[1:] for f in SLOT.findall(w) if f in first]

    def matches(self, mentioned):
        return all(f in self.shown and self.values[f] == v for f, v in mentioned.items())

    def place_of(self, field):
        """Returns the index of the passage that has the field."""
        return next(p for w, p in zip(self.wordings, self.places) if "{" + field + "}" in w)


class Writer:
    """Makes notes and questions from the words and wordings of one set."""

    def __init__(self, kinds, vocabulary, which):
        self.kinds = [k for k in kinds if not k.situation]
        self.situations = [k for k in kinds if k.situation]
        self.words, self.rng, self.which = vocabulary, vocabulary.rng, which

    def fill(self, text):
        return SLOT.sub(lambda m: self.words.draw(m[1].rstrip("0123456789")), text)

    def value(self, kind, field):
        return self.fill(self.rng.choice(kind.fields.get(field, ["{" + field + "}"])))

    def note(self, kind, like=None):
        """Returns a new note of a kind; some values are those of the note like."""
        chain = "first" in kind.lines
        parts = [self.rng.choice(kind.of(part, self.which))[1] for part in (("first", "second") if chain else ("note",))]
        if kind.situation and not chain:
            parts = [self.varied(part) for part in parts]
        asked = {f for lines in kind.lines.values() for f, w in lines for f in [f, *SLOT.findall(w)] if f}
        values = {f: self.value(kind, f) for f in sorted(asked | set(kind.fields))}
        if like and not chain:
            for f in self.rng.sample(sorted(values), self.rng.randint(0, 2)):
                values[f] = like.values[f]
        return Note(kind, values, parts)

    def varied(self, wording):
        """Leaves a clause out now and then, so that what was asked is open, and changes the order of sentences: else the
        answers to a situation could be learnt by their places."""
        r = self.rng
        if r.random() < THINNED:
            at = r.choice([(0, 0), *(m.span() for m in CLAUSE.finditer(wording))])[1]
            end = CLAUSE.search(wording, at)
            less = (wording[:at] + (wording[end.end() :] if end else "")).strip()
            wording = less if SLOT.search(less) else wording
        sentences = SENTENCE.split(wording)
        if len(sentences) > 1 and r.random() < SHUFFLED:
            between = "\n" if "\n" in wording else " "
            wording = between.join(r.sample(sentences, len(sentences)))
        return wording

    def ask(self, notes, about):
        """Returns (question, values used, answers as [(value, passage)]) about a note, or None when this one is unclear."""
        kind = about.kind
        alike = sum(n.kind is kind for n in notes)
        what = "all" if "all" in kind.lines and self.rng.random() < (0.5 if alike > 1 else 0.05) else "ask"
        field, wording = self.rng.choice(kind.of(what, self.which))
        mentioned = {f: about.values[f] for f in SLOT.findall(wording)}
        if field in mentioned or not set(mentioned) <= about.shown:
            return None
        if any(n is not about and n.kind is kind and n.values[f] == about.values[f] for n in notes for f in about.links):
            return None
        rivals = [n for n in notes if n.kind is kind and n.matches(mentioned)]
        if field not in about.shown:
            found = [] if len(rivals) == 1 else None
        elif what == "all":
            found = [n for n in rivals if field in n.shown]
            if len(found) != len(rivals) or len({n.values[field] for n in found}) != len(found):
                found = None
        else:
            found = rivals if len(rivals) == 1 else None
        return self.asked(wording, mentioned, field, found)

    def ask_absent(self, notes, like):
        """Returns a question that looks like one about a note, but about something that no note has."""
        if like.kind.situation:
            return self.ask_beside(notes, like)
        field, wording = self.rng.choice(like.kind.of("ask", self.which))
        slots = SLOT.findall(wording)
        if not slots or field in slots:
            return None
        changed = self.rng.sample(slots, self.rng.randint(1, len(slots)))
        mentioned = {f: self.value(like.kind, f) if f in changed else like.values[f] for f in slots}
        said = " ".join(str(v).lower() for n in notes for v in n.values.values())
        if any(mentioned[f].lower() in said for f in changed):
            return None
        return self.asked(wording, mentioned, field, [])

    def ask_beside(self, notes, like):
        """Returns a question that the note of a situation leaves open, or one about a situation that was not noted."""
        if "none" in like.kind.lines and self.rng.random() < 0.6:
            _, wording = self.rng.choice(like.kind.of("none", self.which))
            values = like.values
        else:
            kind = self.rng.choice(self.situations)
            if any(n.kind is kind for n in notes):
                return None
            field, wording = self.rng.choice(kind.of("ask", self.which))
            asked = {field, drawn(kind, field)} - {""}
            if any(asked & {f, drawn(n.kind, f)} for n in notes for f in n.shown):
                return None  # it could have an answer
            values = self.lent(kind, SLOT.findall(wording), like)
        return self.asked(wording, {f: values[f] for f in SLOT.findall(wording)}, None, [])

    def lent(self, kind, fields, like):
        """Returns values for a question of another kind, mostly those of a note: Which instrument does Anna play? where Anna
        is known, but not for that."""
        values = {f: self.value(kind, f) for f in fields}
        for f in fields:
            same = [g for g in sorted(like.shown) if drawn(like.kind, g) == drawn(kind, f) != ""]
            if same and self.rng.random() < 0.75:
                values[f] = like.values[same[0]]
        return values

    def asked(self, wording, mentioned, field, found):
        if found is None:
            return None
        if self.which == "train":
            wording = WORD.sub(self.other_word, wording)
        question = SLOT.sub(lambda m: mentioned[m[1]], wording)
        return question, list(mentioned.values()), [(n.values[field], n.place_of(field)) for n in found]

    def other_word(self, m):
        """Takes another word of the same meaning now and then."""
        others = words.ALIKE.get(m[0])
        return self.rng.choice(others) if others and self.rng.random() < REWORDED else m[0]


def answer(found):
    """Joins values and the numbers of their passages: A [1], B [2] and C [4]."""
    if not found:
        return NONE
    parts = [f"{value} [{passage + 1}]" for value, passage in sorted(found, key=lambda x: x[1])]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def begin_of(reply, passages):
    """Returns the index in a text of numbered passages where the first value of a reply begins; None if that is not clear."""
    m = CITED.match(reply)
    at = passages.find(f"[{m[2]}] ") if m else -1
    if at < 0:
        return None
    end = passages.find(f"[{int(m[2]) + 1}] ", at)
    value = re.compile(rf"(?<!\w){re.escape(m[1])}(?!\w)")
    found = list(value.finditer(passages, at, end if end > 0 else len(passages)))
    return found[0].start() if len(found) == 1 else None
