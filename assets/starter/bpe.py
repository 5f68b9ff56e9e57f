"""Byte-level byte-pair encoding (Sennrich et al. 2016), with the pre-tokenizer that GGUF calls qwen2."""

import collections
import heapq
import re

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# The text is ASCII: letters are [A-Za-z], and each digit stands alone.
PIECE = re.compile(r"'(?:[sdmtSDMT]|re|ve|ll|RE|VE|LL)|[^\r\nA-Za-z0-9]?[A-Za-z]+|[0-9]| ?[^\sA-Za-z0-9]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIAL = re.compile("(" + "|".join(map(re.escape, SPECIALS)) + ")")


def letters():
    """The character that stands for each byte in the file (GPT-2's table)."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, free = {}, 256
    for b in range(256):
        if b in own:
            table[b] = chr(b)
        else:
            table[b], free = chr(free), free + 1
    return table


LETTERS = letters()


def spell(piece):
    return tuple(LETTERS[b] for b in piece.encode())


def learn(texts, size, spaced):
    """Returns the merges, the most frequent pair first, that fill a vocabulary of a size.

    A space is joined with nothing but the most frequent words, and last of all, so that a name has the same tokens
    inside a sentence and at the start of an answer: copying it is then copying tokens.
    """
    pieces = collections.Counter(p for t in texts for part in SPECIAL.split(t) if part not in SPECIALS for p in PIECE.findall(part))
    counts = collections.Counter()
    for p, n in pieces.items():
        counts[p.removeprefix(" ") or p] += n
    merges = _frequent(counts, size - 256 - len(SPECIALS) - spaced)
    tokens = Tokenizer(merges)
    for p, _ in sorted(pieces.items(), key=lambda x: (-x[1], x[0])):
        if len(merges) == size - 256 - len(SPECIALS):
            break
        if p[0] == " " and p[1:].strip() and len(tokens.piece(p[1:])) == 1:
            merges.append((LETTERS[32], "".join(spell(p[1:]))))
    return merges


def _frequent(counts, n_merges):
    words = [(list(spell(p)), n) for p, n in sorted(counts.items())]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, (w, n) in enumerate(words):
        for pair in zip(w, w[1:]):
            pairs[pair] += n
            where[pair].add(i)
    queue = [(-n, pair) for pair, n in pairs.items()]
    heapq.heapify(queue)
    merges = []
    while queue and len(merges) < n_merges:
        n, pair = heapq.heappop(queue)
        if pairs[pair] != -n:
            if pairs[pair] > 0:
                heapq.heappush(queue, (-pairs[pair], pair))
            continue
        if -n < 2:
            break
        merges.append(pair)
        for i in sorted(where.pop(pair)):
            _join(words[i], i, pair, pairs, where, queue)
        pairs[pair] = 0
    return merges


def _join(word, i, pair, pairs, where, queue):
    w, n = word
    before = collections.Counter(zip(w, w[1:]))
    w[:] = merge(w, pair)
    after = collections.Counter(zip(w, w[1:]))
    for p in before.keys() | after.keys():
        if before[p] != after[p]:
            pairs[p] += n * (after[p] - before[p])
            where[p].add(i)
            if after[p] > before[p]:
                heapq.heappush(queue, (-pairs[p], p))


def merge(word, pair):
    out, i = [], 0
    while i < len(word):
        if i + 1 < len(word) and (word[i], word[i + 1]) == pair:
            out.append(word[i] + word[i + 1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


class Tokenizer:
    def __init__(self, merges, size=0):
        self.merges = [tuple(m) for m in merges]
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.tokens = SPECIALS + [LETTERS[b] for b in range(256)] + ["".join(m) for m in self.merges]
        self.tokens += [f"[unused{i}]" for i in range(len(self.tokens), size)]
        self.id = {t: i for i, t in enumerate(self.tokens)}
        self.known = {}

    def piece(self, piece):
        ids = self.known.get(piece)
        if ids is None:
            w = list(spell(piece))
            while len(w) > 1:
                best = min(zip(w, w[1:]), key=lambda p: self.rank.get(p, len(self.rank)))
                if best not in self.rank:
                    break
                w = merge(w, best)
            ids = [self.id[t] for t in w]
            if len(self.known) < 200_000:
                self.known[piece] = ids
        return ids

    def encode(self, text):
        ids = []
        for part in SPECIAL.split(text):
            if part in SPECIALS:
                ids.append(self.id[part])
            else:
                for p in PIECE.findall(part):
                    ids += self.piece(p)
        return ids

    def decode(self, ids):
        byte = {c: b for b, c in LETTERS.items()}
        spelt = (self.tokens[i].encode() if i < len(SPECIALS) else bytes(byte[c] for c in self.tokens[i]) for i in ids)
        return b"".join(spelt).decode("utf-8", "replace")
