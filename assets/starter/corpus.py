"""The conversations that the starter learns from: notes and questions, questions about Croft, and everything else.

    python3 corpus.py [train|dev|eval] [N]    prints N conversations
"""

import csv
import json
import pathlib
import random
import re
import sys

import kinds
import words

HERE = pathlib.Path(__file__).parent
FILLERS = """The weather was fine.;It was a long day.;Must not forget this.;More tomorrow.;Slept badly.;The bus was late again.;
Wrote this in a hurry.;Ask again if unsure.;To be continued.;Not urgent.;Copied from the old notebook.;Nice people there.;
All went well.;Coffee was cold.;Keep this one.;Still a bit tired.;It rained all morning.;Good to know.;Checked twice.;
Sorry for the handwriting.;Battery nearly empty.;We laughed a lot.;Rang twice.;Later today the rest.;See also the blue folder.;
Found this on the fridge.;Half of it is done.;No idea why.;Let us see.;Important.;Just so that I do not forget.;
Quiet street there.;The radio was on.;Bring patience.;That is all for now.;They were very friendly.""".replace("\n", "").split(";")
BEFORE = """please tell me: ;can you tell me ;do you know ;I want to know: ;quick question: ;hi, ;hello, ;hey ;please, ;sorry, ;
so, ;and ;one more thing: ;I forgot, ;tell me, ;well, ;excuse me, ;ok, ;uh, ;I was wondering, """.replace("\n", "").split(";")
AFTER = " please; thanks; thank you; again; exactly; by the way; do you know; now; here; pls; then".split(";")
# For questions about Croft only: where one of these words stands, another one may.
SYNONYMS = [line.split() for line in """delete remove erase
chat conversation
chats conversations
message question text
reply answer response
folder directory
computer laptop PC machine device
program app application software
big large huge
fast quick
change alter modify
start begin
show display
find locate
safe secure
private confidential
copy duplicate
error problem
save store keep
picture image photo
model AI
window screen
button icon""".splitlines()]
SYNONYMS = {word: line for line in SYNONYMS for word in line}
SYSTEMS = ["You are a helpful assistant.", "Be short.", "You are Croft, a friendly helper.", "Answer in one sentence.", "Answer plainly and politely."]
ASK_NOTES = "Answer from these notes only, and give the number of the note, like [1]. If they do not say, write: Your notes don't say."
# What an empty chat offers to ask: app/ui/chatpage/empty.go.
OFFERED = {"What can you do?": "self-can-do", "How do I add a larger model?": "import-model", "Does anything leave this device?": "nothing-leaves"}
# Properties of things, and how they are noted: each part, the whole, what is between parts.
RECORD = {
    "phone": "phone", "street": "street", "city": "city", "code": "code", "colour": "colour", "job": "job", "price": "price",
    "date": "date", "time": "time", "room": "room", "food": "food", "size": "size", "weight": "weight", "country": "country",
    "material": "material", "hobby": "hobby", "language": "language", "seat": "seat", "plate": "plate", "drink": "drink",
}
RECORDED = [
    ("{f} {v}", "{n}: {parts}", ", "), ("{f}: {v}", "{n}\n{parts}", "\n"), ("the {f} is {v}", "{n}, {parts}.", ", "),
    ("{v} ({f})", "{n} - {parts}", ", "), ("The {f} of {n} is {v}.", "{parts}", " "), ("{v} is the {f} of {n}.", "{parts}", " "),
    ("{f} = {v}", "{n}; {parts}", "; "), ("{n} has {v} as {f}.", "{parts}", " "),
]
RECORD_QUESTIONS = [
    "{f} of {n}?", "{n} {f}", "What is the {f} of {n}?", "{n}'s {f}?", "which {f} has {n}", "Tell me the {f} of {n}.", "{n}, {f}?",
    "What {f} did I note for {n}?", "do you have the {f} of {n}", "And the {f} of {n}?", "What was the {f} again, of {n}?",
]
SITUATIONS = 0.5  # of the notes; the others are of a kind
ASTRAY = 0.18  # of the questions: about what no note has
# Other ways to begin a question about notes.
BEGINNINGS = [(re.compile(begin), others.split("|")) for begin, others in (
    (r"Where(?:'s| is) (?=[a-z])", "Where do I find |Where can I find |Tell me where to find |In what place is "),
    (r"Where are (?=(?:the|my|our|\w+'s) )", "Where do I find |Where have I put |In which place are "),
    (r"Who (?=[a-z]+s )", "Which person |Tell me who |Who is it that |What is the name of the one who "),
    (r"What(?:'s| is) (?=(?:the|my|our|\w+'s) )", "Tell me |What is |What's |Give me |Remind me of |I need "),
    (r"What time ", "At what time |At what hour |When exactly "),
    (r"When (?=(?:is|are|was|do|does|did|can|must|will) )", "When exactly |Since I forgot: when |Remind me: when "),
    (r"Which ", "What "), (r"What (?!else)(?=[a-z]+ (?:is|are|do|does|did) )", "Which "),
    (r"How do I ", "How can I |How does one |How am I to "), (r"How much (?=(?:is|was|are) )", "How expensive |What price "),
    (r"How many ", "What number of |Say how many "), (r"How long ", "For how long |How much time "),
    (r"Why ", "For what reason "), (r"Until when ", "Up to when |Till when "),
    (r"What about ", "What did I note about |What did I write about |Anything about "),
)]
SMALL = set("a an the is are was were do does did to of for in on at my our me i we us it that this there please so and be has have had".split())
WORD = re.compile(r"[A-Za-z]{5,}")


def read_table(name):
    with open(HERE / name, newline="") as f:
        return {row["id"]: row for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)}


def read_questions(folder):
    """Returns the wordings of each fact."""
    asked, fact = {}, None
    for path in sorted(pathlib.Path(folder).glob("*.txt")):
        for line in path.read_text().splitlines():
            if line.startswith("## "):
                fact = line[3:].strip()
            elif line.strip():
                asked.setdefault(fact, []).append(line.strip())
    return asked


def bare(wording):
    """A wording without what does not matter: case and punctuation."""
    return " ".join(re.findall(r"[a-z0-9]+", wording.lower()))


def evaluated():
    """Returns the wordings, bare, that the evaluation asks in."""
    asked = (HERE / "eval" / "questions.tsv").read_text().splitlines()[1:]
    other = (HERE / "eval" / "other.txt").read_text().splitlines()
    cases = [json.loads(line) for line in (HERE / "eval" / "notes.jsonl").read_text().splitlines()]
    of_notes = [q["q"] for case in cases for q in case["questions"]]
    return {bare(line.split("\t")[-1]) for line in asked + other + of_notes}


class Corpus:
    """An endless supply of conversations: lists of (role, text)."""

    def __init__(self, which="train", seed=1, drills=0.0, readings=0.4, absent=0.3):
        """Of the conversations a share are drills, and of the others a share readings. absent is how many of the questions
        are kept that the notes do not answer: of all, a third would be without an answer."""
        self.which, self.rng = which, random.Random(f"{which} {seed}")
        self.drills, self.readings, self.absent = drills, readings, absent
        self.words = words.Words(self.rng, which)
        self.left_out = evaluated()
        self.writer = kinds.Writer(self.written(), self.words, which)
        self.facts = read_table("facts.tsv")
        self.questions = {f: self.kept(q) for f, q in read_questions(HERE / "questions").items() if f in self.facts}
        self.others = self.kept((HERE / "other.txt").read_text().splitlines())
        lacking = set(self.facts) - set(self.questions) - {"limit"}
        if lacking and which == "train":
            print("nobody asks for", sorted(lacking), file=sys.stderr)
        # Everyday questions have more wordings; the rare ones must be learnt too.
        self.ids = sorted(self.questions)
        # What somebody in danger asks must never be taken for anything else.
        self.shares = [len(self.questions[f]) ** 0.5 * (12 if self.facts[f]["topic"] == "danger" else 1) for f in self.ids]

    def written(self):
        """Returns the kinds of notes; situations go without questions that are evaluated."""
        written = kinds.load(HERE / "kinds")
        for kind in written:
            if kind.situation:
                kind.lines = {what: [x for x in lines if bare(x[1]) not in self.left_out] for what, lines in kind.lines.items()}
        return written

    def kept(self, wordings):
        """Training goes without what is evaluated, and without a few wordings more, so that dev tells how it gets on."""
        wanted = "dev" if self.which == "dev" else "train"
        held = {"eval": "train"}  # of questions about Croft, others are evaluated
        known = [w for w in wordings if w.strip() and bare(w) not in self.left_out]
        return [w for w in known if held.get(kinds.held(w), kinds.held(w)) == wanted]

    # How people write

    def typo(self, text):
        found = list(WORD.finditer(text))
        if not found:
            return text
        m = self.rng.choice(found)
        at = self.rng.randint(m.start() + 1, m.end() - 2)
        a, b = text[at], text[at + 1]
        return text[:at] + self.rng.choice([b + a, a, a + a + b, b]) + text[at + 2 :]

    def casual(self, question, fixed=()):
        """Varies how a question is typed; the words of fixed keep their letters."""
        r, q = self.rng, question
        if r.random() < 0.15:
            q = r.choice(BEFORE) + (q if any(q.startswith(f) for f in fixed) else q[0].lower() + q[1:])
        if r.random() < 0.08 and q[-1:] in ".?":
            q = q[:-1] + r.choice(AFTER) + q[-1]
        if r.random() < 0.3:
            q = q.rstrip(".?")
        if r.random() < 0.25:
            q = q.lower()
        if r.random() < 0.07:
            q = q.rstrip("?.") + r.choice(["??", " ?", "!", "...", " :)"])
        if r.random() < 0.12 and not fixed:
            q = self.typo(q)
        elif r.random() < 0.06:
            q = self.typo(q)
        return q

    def reworded(self, question):
        def other(m):
            line = SYNONYMS.get(m[0].lower())
            if not line or self.rng.random() > 0.25:
                return m[0]
            return self.rng.choice(line)

        return re.sub(r"[A-Za-z]+", other, question)

    def shaken(self, question):
        """Leaves words out now and then, or has two change places: what is asked must not hang on one of them."""
        r, words = self.rng, question.split(" ")
        if len(words) > 3 and r.random() < 0.35:
            words = [w for w in words if r.random() > 0.12] or words
        if len(words) > 3 and r.random() < 0.1:
            i = r.randrange(len(words) - 1)
            words[i], words[i + 1] = words[i + 1], words[i]
        return " ".join(words)

    def begun(self, question):
        """Begins a question in another way now and then."""
        if self.rng.random() < 0.25:
            for begin, others in BEGINNINGS:
                if m := begin.match(question):
                    return self.rng.choice(others) + question[m.end() :]
        return question

    def hasty(self, question):
        """Leaves small words out now and then: without a larger one nobody could tell what is asked of the notes."""
        if self.rng.random() > 0.2:
            return question
        words = question.split(" ")
        return " ".join(w for w in words if w.lower() not in SMALL or self.rng.random() > 0.4)

    # Questions about Croft, and others

    def fact_turn(self):
        if self.rng.random() < 0.03:
            question, fact = self.rng.choice(sorted(OFFERED.items()))
            return question, self.facts[fact]["answer"]
        fact = self.rng.choices(self.ids, self.shares)[0]
        question = self.rng.choice(self.questions[fact])
        if self.facts[fact]["topic"] == "polite":  # a "please" before or after makes another thing of a greeting
            return self.rng.choice([question, question.lower(), question.rstrip(".?!")]), self.facts[fact]["answer"]
        return self.casual(self.shaken(self.reworded(question))), self.facts[fact]["answer"]

    def other_turn(self):
        request = self.shaken(self.writer.fill(self.rng.choice(self.others)))
        if self.rng.random() < 0.1:
            request = f"{request}\n\n{self.passages(self.notes(self.rng.randint(1, 2)))[0]}"
        return self.casual(request), self.facts["limit"]["answer"]

    def talk(self):
        turns = []
        for _ in range(self.rng.choice([1, 1, 1, 1, 1, 2, 3])):
            turns.append(self.other_turn() if self.rng.random() < 0.35 else self.fact_turn())
        return self.conversation(turns, self.system(SYSTEMS, 0.1))

    def system(self, choices, share):
        return self.rng.choice(choices) if self.rng.random() < share else ""

    @staticmethod
    def conversation(turns, system=""):
        spoken = [("system", system)] if system else []
        for question, reply in turns:
            spoken += [("user", question), ("assistant", reply)]
        return spoken

    # Notes

    def notes(self, n):
        """Returns n notes of few kinds, so that there are rivals, and of situations, none of them twice."""
        r, made = self.rng, []
        few = r.sample(self.writer.kinds, r.randint(1, max(1, min(n, 4))))
        others = r.sample(self.writer.situations, n) if self.writer.situations else []
        while len(made) < n:
            if others and r.random() < SITUATIONS:
                made.append(self.writer.note(others.pop()))
                continue
            kind = r.choice(few)
            alike = [m for m in made if m.kind is kind]
            made.append(self.writer.note(kind, r.choice(alike) if alike and r.random() < 0.6 else None))
        return made

    def passages(self, notes):
        """Writes notes down as passages, in any order; now and then two in one passage."""
        r, texts = self.rng, []
        lines = [(n, w) for n in notes for w in n.wordings]
        r.shuffle(lines)
        for n in notes:
            n.places = [None] * len(n.wordings)
        for n, wording in lines:
            text = kinds.SLOT.sub(lambda m: n.values[m[1]], wording)
            if texts and r.random() < 0.12 and "\n" not in text + texts[-1]:
                texts[-1] += r.choice([" ", " ", "\n", ". "]) + text
            else:
                texts.append(text)
            n.places[n.wordings.index(wording)] = len(texts) - 1
        return [self.padded(t) for t in texts]

    def padded(self, text):
        r = self.rng
        if r.random() < 0.25:
            filler = r.choice(FILLERS)
            text = f"{text} {filler}" if r.random() < 0.6 else f"{filler} {text}"
        return text

    def question(self, notes):
        """Returns (question, answer) about the notes."""
        for _ in range(60):
            about = self.rng.choice(notes)
            drawn = self.writer.ask_absent(notes, about) if self.rng.random() < ASTRAY else self.writer.ask(notes, about)
            if not drawn:
                continue
            question, fixed, found = drawn
            if not found and self.rng.random() > self.absent:
                continue
            asked = self.casual(self.hasty(self.begun(question)), fixed)
            if bare(asked) not in self.left_out:
                return asked, kinds.answer(found)
        return None

    def reading(self, passages_max=6):
        r = self.rng
        notes = self.notes(r.randint(1, passages_max))
        texts = self.passages(notes)[:9]
        notes = [n for n in notes if max(n.places) < len(texts)]
        if r.random() < 0.05:
            notes, texts = [self.lowered(n) for n in notes], [t.lower() for t in texts]
        turns = {}
        for _ in range(r.randint(1, 8)):
            question, reply = self.question(notes) or ("", "")
            if reply == kinds.NONE or reply not in turns.values():  # else it could be copied from the reply before
                turns[question] = reply
        turns.pop("", None)
        return self.read(texts, list(turns.items())) if turns else self.reading(passages_max)

    @staticmethod
    def lowered(note):
        note.values = {f: v.lower() for f, v in note.values.items()}
        return note

    def read(self, texts, turns):
        """Puts the passages where the program or a person may put them."""
        r = self.rng
        inline = r.random() < 0.1
        between, before = (r.choice([" ", "  "]), r.choice([" ", "  ", "\n"])) if inline else ("\n", r.choice(["\n\n", "\n\n", "\n"]))
        numbered = between.join(f"[{i + 1}] {t}" for i, t in enumerate(texts))
        if r.random() < 0.35:
            return self.conversation(turns, f"{ASK_NOTES}\n\n{numbered}")
        head = r.choice(["", "", "My notes:\n", "Notes:\n", "These are my notes:\n"])
        ask = r.choice(["", "", "Question: "])
        question, reply = turns[0]
        turns = [(f"{head}{numbered}{before}{ask}{question}", reply)] + turns[1:]
        if r.random() < 0.12:
            turns.append(self.fact_turn())
        return self.conversation(turns, self.system([ASK_NOTES, *SYSTEMS], 0.15))

    def drill(self):
        """Returns the bare skill of reading: names with what belongs to them, asked for one after another."""
        r = self.rng
        classes = r.choices(["word", "first", "place", "code", "city", "company", "product", "street", "phone", "surname", "task", "time"], k=2)
        pairs = {self.words.draw(classes[0]): self.words.draw(classes[1]) for _ in range(r.randint(1, 8))}
        between = r.choice([": ", " - ", " = ", " has ", ", ", " is "])
        lines = [f"{name}{between}{value}" for name, value in pairs.items()]
        asked = r.sample(list(enumerate(pairs.items())), r.randint(1, len(pairs)))
        turns = [(name if r.random() < 0.8 else name.lower(), kinds.answer([(value, i)])) for i, (name, value) in asked]
        return self.read(lines, turns)

    def record(self):
        """Returns a drill between pairs and notes: things with several properties, asked for by both."""
        r = self.rng
        owner = r.choice(["first", "surname", "place", "company", "item", "project", "animal", "shop"])
        fields = r.sample(sorted(RECORD), r.randint(1, 3))
        form = r.choice(RECORDED)
        records = {self.words.draw(owner): {f: self.words.draw(RECORD[f]) for f in fields} for _ in range(r.randint(1, 4))}
        lines, cases = [], []
        for at, (name, values) in enumerate(records.items()):
            order = r.sample(fields, len(fields))
            parts = [form[0].format(f=f, v=values[f], n=name) for f in order]
            lines.append(form[1].format(n=name, parts=form[2].join(parts)))
            cases += [(name, f, values[f], at) for f in fields]
        asked = r.sample(cases, min(len(cases), r.randint(1, 6)))
        turns = []
        for name, f, v, at in asked:
            q = r.choice(RECORD_QUESTIONS).format(n=name, f=f)
            turns.append((q if r.random() < 0.8 else q.lower(), kinds.answer([(v, at)])))
        return self.read(lines, turns)

    def long(self):
        """Returns a conversation that goes on and on, as chats do."""
        spoken = []
        for _ in range(self.rng.randint(3, 9)):
            spoken += [turn for turn in self.short() if turn[0] != "system"]
        return spoken

    def short(self):
        return self.reading() if self.rng.random() < self.readings else self.talk()

    def next(self):
        """Returns a conversation."""
        if self.rng.random() < self.drills:
            return self.drill() if self.rng.random() < 0.3 else self.record()
        return self.long() if self.rng.random() < 0.03 else self.short()


def render(spoken):
    """The ChatML text of a conversation, as the template in the file has it."""
    return "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in spoken)


if __name__ == "__main__":
    corpus = Corpus(sys.argv[1] if len(sys.argv) > 1 else "train")
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 5):
        print(render(corpus.next()) + "-" * 40)
