"""Checks the corpus: python3 -m unittest discover -s assets/starter"""

import json
import random
import re
import unittest

import bpe
import cases
import corpus
import kinds
import words


class Facts(unittest.TestCase):
    def setUp(self):
        self.facts = corpus.read_table("facts.tsv")
        self.questions = corpus.read_questions(corpus.HERE / "questions")

    def test_answers_are_plain_and_differ(self):
        answers = [f["answer"] for f in self.facts.values()]
        self.assertEqual(len(answers), len(set(answers)))
        for a in answers:
            self.assertTrue(a.isascii() and a[-1] in ".?" and "..." not in a, a)
            self.assertLessEqual(len(a.split()), 40, a)

    def test_each_fact_is_asked_for_in_many_ways(self):
        for fact in self.facts.keys() - {"limit"}:
            self.assertGreaterEqual(len(self.questions[fact]), 35, fact)
        self.assertEqual(self.questions.keys() - self.facts.keys(), set())

    def test_no_wording_asks_for_two_facts(self):
        asked = {}
        for fact, wordings in self.questions.items():
            for w in wordings:
                self.assertEqual(asked.setdefault(w.lower(), fact), fact, w)

    def test_what_is_evaluated_is_not_trained(self):
        trained = corpus.Corpus("train")
        wordings = [w for ws in trained.questions.values() for w in ws] + trained.others
        wordings += [w for kind in trained.writer.situations for lines in kind.lines.values() for _, w in lines]
        self.assertEqual({corpus.bare(w) for w in wordings} & corpus.evaluated(), set())

    def test_each_evaluated_question_has_a_fact(self):
        for line in (corpus.HERE / "eval" / "questions.tsv").read_text().splitlines()[1:]:
            self.assertIn(line.split("\t")[0], self.facts)


class Notes(unittest.TestCase):
    def test_answers_are_copied_from_the_note_they_point_to(self):
        for which in ("train", "dev", "eval"):
            supply = corpus.Corpus(which, seed=2)
            for _ in range(300):
                notes = supply.notes(4)
                texts = supply.passages(notes)
                asked = supply.writer.ask(notes, notes[0])
                for value, place in asked[2] if asked else []:
                    self.assertIn(value, texts[place])

    def test_a_clause_is_left_out_and_what_was_asked_of_it_is_open(self):
        supply = corpus.Corpus("train", seed=6)
        kind = kinds.Kind("visit")
        kind.situation = True
        for line in ("note: {first} comes on {weekday}, at {time}.", "ask weekday: On what day?", "ask time: When exactly?"):
            kind.parse(line)
        seen = set()
        for _ in range(300):
            note = supply.writer.note(kind)
            self.assertLessEqual(note.shown, {"first", "weekday", "time"})
            supply.passages([note])
            question, _, found = supply.writer.ask([note], note)
            field = "weekday" if question == "On what day?" else "time"
            self.assertEqual([value for value, _ in found], [note.values[field]] if field in note.shown else [])
            seen.add((field, field in note.shown))
        self.assertEqual(len(seen), 4)

    def test_where_an_answer_begins_is_known(self):
        supply, known, answers = corpus.Corpus("train", seed=4), 0, 0
        for _ in range(200):
            text = ""
            for role, said in supply.reading():
                at = kinds.begin_of(said, text) if role == "assistant" else None
                if at is not None:
                    value, number = kinds.CITED.match(said).groups()
                    self.assertTrue(text.startswith(value, at))
                    self.assertEqual(re.findall(r"\[(\d+)\] ", text[:at])[-1], number)
                known += at is not None
                answers += role == "assistant" and bool(kinds.CITED.match(said))
                text = text or (said if "[1] " in said else "")
        self.assertGreater(known / answers, 0.9)
        self.assertIsNone(kinds.begin_of("5 [1]", "[1] 5 eggs, 5 apples"))
        self.assertEqual(kinds.begin_of("5 [2]", "[1] 15 [2] 5"), 11)

    def test_every_kind_can_be_asked_about(self):
        supply = corpus.Corpus("train", seed=3)
        for kind in supply.writer.kinds + supply.writer.situations:
            answered = 0
            for _ in range(200):
                note = supply.writer.note(kind)
                supply.passages([note])
                asked = supply.writer.ask([note], note)
                answered += bool(asked and asked[2])
            self.assertGreater(answered, 10, kind.name)

    def test_names_of_evaluation_are_not_trained(self):
        seen = {}
        for which in ("train", "dev", "eval"):
            w = words.Words(random.Random(4), which)
            for name in ("first", "surname", "city", "place", "company", "code", "word"):
                for _ in range(400):
                    self.assertEqual(seen.setdefault(w.draw(name).lower(), which), which)

    def test_generated_cases_are_those_of_today(self):
        supply = cases.examiner()
        lines = (corpus.HERE / "eval" / "generated.jsonl").read_text().splitlines()
        self.assertEqual(len(lines), sum(cases.SIZES.values()))
        for line in lines[:50]:
            self.assertEqual(json.loads(line), cases.case(supply, len(json.loads(line)["notes"])))

    def test_cases_written_by_hand_hold(self):
        for line in (corpus.HERE / "eval" / "notes.jsonl").read_text().splitlines():
            case = json.loads(line)
            for q in case["questions"]:
                self.assertEqual(len(q["a"]), len(q["from"]))
                for spans in [q["a"], *q.get("or", [])]:
                    for span, number in zip(spans, q["from"], strict=True):
                        self.assertIn(span, case["notes"][number - 1])


class Tokens(unittest.TestCase):
    def test_text_comes_back_and_names_are_the_same_anywhere(self):
        supply = corpus.Corpus("train", seed=5)
        texts = [corpus.render(supply.next()) for _ in range(300)]
        tokens = bpe.Tokenizer(bpe.learn(texts, 800, 100), 800)
        self.assertEqual(len(tokens.tokens), 800)
        for t in texts:
            self.assertEqual(tokens.decode(tokens.encode(t)), t)
        inside, alone = tokens.encode("see Qovrimzub"), tokens.encode("Qovrimzub")
        self.assertEqual(inside[-len(alone) :], alone)

    def test_the_conversation_is_chatml(self):
        self.assertEqual(corpus.render([("user", "a"), ("assistant", "b")]), "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n")
        self.assertEqual(kinds.answer([("x", 2), ("y", 0)]), "y [1] and x [3]")
        self.assertEqual(kinds.answer([]), kinds.NONE)


if __name__ == "__main__":
    unittest.main()
