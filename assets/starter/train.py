"""Trains the starter: python3 train.py --out FOLDER. Goes on where it was interrupted.

The same seed and number of chunks give the same model on the same kind of machine. Matrices are trained by Muon (Jordan
et al. 2024), the embedding by Adam. What the assistant says counts most, its first words above all.
"""

import argparse
import ctypes
import json
import multiprocessing
import os
import pathlib
import random
import sys
import time
from queue import Empty

import numpy
import torch
import torch.nn.functional as F

import bpe
import corpus
import kinds
import model

CONTEXT = 2048
SIZES = {  # vocabulary, of it words with their space, width, layers, heads, width inside the feed-forward
    "tiny": dict(vocab=288, spaced=4, d=16, layers=1, heads=2, ff=32),
    "small": dict(vocab=4096, spaced=1200, d=256, layers=6, heads=4, ff=768),
    "large": dict(vocab=4096, spaced=1200, d=384, layers=8, heads=6, ff=1024),
}
CONSTANT, SHARPNESS = 4.0, 6.0  # for heads that begin by looking back: see look_back
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
DEFAULTS = {
    "cpu": dict(size="small", chunks=180, batch=6144, lr=0.005, lr_embedding=0.004, dropout=0.0, workers=1, examined=3, saved=300, told=1),
    "cuda": dict(size="large", chunks=580, batch=65536, lr=0.008, lr_embedding=0.004, dropout=0.15,
                 workers=max(1, (os.cpu_count() or 2) - 2), examined=12, saved=150, told=10),
}
# What the training holds: up to which share of it, the share of repeats, and the corpus' shares. First all is pointing and
# copying, and "Your notes don't say." is rare, lest it be said always.
STAGES = [
    (0.12, 0.02, dict(drills=0.5, readings=0.85, absent=0.05)),
    (0.25, 0.01, dict(drills=0.3, readings=0.75, absent=0.15)),
    (0.80, 0.005, dict(drills=0.04, readings=0.55, absent=0.45)),
    (1.00, 0.002, dict(drills=0.02, readings=0.55, absent=0.75)),
]
TOKENS_SHARE = 12  # a chunk has as many conversations as a batch has tokens, over this
PROMPT_SHARE = 0.1  # of the tokens that are not the assistant's count
# How much a token counts, by its place: with the first words an answer is decided, the rest follows from them.
WEIGHTS = [0.1, 10.0, 5.0, 3.0, 2.0, 1.0]
PLACE_MAX = len(WEIGHTS) - 1
# Heads that are shown where an answer begins in the notes, as (layer after the middle one, head); and how much that counts.
POINTING, POINTING_SHARE = [(0, 2), (0, 4), (1, 3), (2, 1)], 0.25
SHORT = 96  # tokens; dropout is for what is no longer: questions about Croft come in the same words again, notes never do
CUT_BELOW, CUT_SHARE = 90, 0.6  # tokens of a conversation; how many of the shorter ones are cut


def tokenizer(folder, size):
    path = folder / "tokenizer.json"
    if not path.exists():
        supply = corpus.Corpus("train", seed=0)
        texts = [corpus.render(supply.next()) for _ in range(30_000)]
        path.write_text(json.dumps(bpe.learn(texts, size["vocab"], size["spaced"])))
    return bpe.Tokenizer(json.loads(path.read_text()), size["vocab"])


def encode(tokens, spoken):
    """Returns ids; for each its place in what the assistant says, from 1, or 0 for what others say; and, where an answer
    about notes begins, what the pointing heads are to look at there: the position of the answer in the notes, plus 1."""
    ids, said, aims, told = [], [], [], []
    for role, text in spoken:
        head = tokens.encode(f"<|im_start|>{role}\n")
        body = tokens.encode(f"{text}<|im_end|>")
        tail = tokens.encode("\n")
        aims += [0] * (len(head) + len(body) + len(tail))
        if role == "assistant":
            aims[len(ids) + len(head) - 1] = aim(tokens, told, text)
        told.append((text, len(ids) + len(head), body))
        ids += head + body + tail
        spoken_here = range(1, len(body) + 1) if role == "assistant" else [0] * len(body)
        said += [0] * len(head) + [min(place, PLACE_MAX) for place in spoken_here] + [0] * len(tail)
    return ids[:CONTEXT], said[:CONTEXT], aims[:CONTEXT]


def aim(tokens, told, reply):
    """Returns 1 + the position where the first value of a reply begins in the notes; 1, the very first position, for what is
    not there; 0 where that cannot be told. told are texts, each with the position of its first token, and its tokens."""
    if reply == kinds.NONE:
        return 1
    for text, begin, body in reversed(told):
        at = kinds.begin_of(reply, text)
        if at is not None:
            ends = numpy.cumsum([len(tokens.tokens[i]) for i in body])  # a token has a letter for each byte
            return 1 + begin + int(numpy.searchsorted(ends, len(text[:at].encode()), "right"))
    return 0


def cut(rng, ids, said, aims):
    """Ends a short conversation soon after its last answer has begun: how it goes on follows, and is learnt elsewhere."""
    begins = [i for i, place in enumerate(said) if place == 1]
    if len(ids) < CUT_BELOW and rng.random() < CUT_SHARE:
        end = begins[-1] + rng.randint(4, 14)
        return ids[:end], said[:end], aims[:end]
    return ids, said, aims


def repeat(rng, vocab):
    """Returns random tokens two or three times, the surest way to learn copying (Olsson et al. 2022)."""
    tokens = [rng.randrange(len(bpe.SPECIALS), vocab) for _ in range(rng.randint(6, 48))]
    ids = [0] + tokens * rng.randint(2, 3)
    # Where the first repetition begins cannot be known.
    known = len(ids) - len(tokens) - 2
    return ids, [0] * (len(ids) - known) + [PLACE_MAX] * known, [0] * len(ids)


def pad(rows):
    """Makes one batch: ids, places and aims (B, T); places are -1 for what does not count."""
    T = -(-max(len(row[0]) for row in rows) // 16) * 16
    batch = [numpy.full((len(rows), T), empty, numpy.int16) for empty in (0, -1, 0)]
    for i, row in enumerate(rows):
        for into, values in zip(batch, row):
            into[i, : len(values)] = values
    return batch


def weighed(ids, said, aims, rng):
    """Returns what is trained on: ids (B, T), the places of what counts (N,) among B * (T - 1) predictions, its weights
    (N,), what the pointing heads are shown (3, M), and how many tokens there are."""
    said_next = said[:, 1:].reshape(-1)
    counts = (said_next > 0) | ((said_next == 0) & (rng.random(len(said_next)) < PROMPT_SHARE))
    places = numpy.nonzero(counts)[0]
    b, t = numpy.nonzero(aims[:, :-1])
    return ids, places, numpy.array(WEIGHTS, numpy.float32)[said_next[places]], numpy.stack((b, t, aims[b, t] - 1)), int((said >= 0).sum())


def batches(tokens, seed, chunk, share, size):
    """Returns the batches of a chunk, each of about size tokens: conversations of one length go together."""
    repeats, mix = next((stage[1:] for stage in STAGES if share < stage[0]), STAGES[-1][1:])
    supply = corpus.Corpus("train", seed=f"{seed}.{chunk}", **mix)

    def row():
        if supply.rng.random() < repeats:
            return repeat(supply.rng, len(tokens.tokens))
        return cut(supply.rng, *encode(tokens, supply.next()))

    rows = sorted((row() for _ in range(size // TOKENS_SHARE)), key=lambda row: len(row[0]))
    made, batch = [], []
    for row in rows:
        if batch and (len(batch) + 1) * len(row[0]) > size:
            made.append(pad(batch))
            batch = []
        batch.append(row)
    made.append(pad(batch))
    random.Random(f"{seed}.{chunk}").shuffle(made)
    rng = numpy.random.default_rng((seed, chunk))
    return [weighed(*batch, rng) for batch in made]


def supply(queue, tokens, seed, chunk, every, share_of, size):
    """Fills a queue with one chunk of every so many, from chunk on."""
    while True:
        queue.put(batches(tokens, seed, chunk, share_of(chunk), size))
        chunk += every


def taken(queue, process):
    """Takes the next chunk; a process that died, over a mistake in a text, makes none and has said why."""
    while True:
        try:
            return queue.get(timeout=5)
        except Empty:
            if not process.is_alive():
                sys.exit("a process that makes what is read has ended: mend what it names above, then go on with the same command")


def loss_of(net, ids, places, weights, aims, kept):
    """The mean loss over what counts, and that of the pointing heads."""
    table = net.table()
    said, pointed = net(ids[:, :-1], table, kept, aims if aims.shape[1] else None)
    scores = F.linear(said.flatten(0, 1)[places], table.to(model.TYPE))
    losses = F.cross_entropy(scores.float(), ids[:, 1:].flatten()[places], reduction="none")
    return (losses * weights).sum() / weights.sum() + POINTING_SHARE * pointed


def orthogonal(g):
    """The nearest orthogonal matrices of a stack (n, rows, columns), nearly: five steps of Newton and Schulz."""
    x = g.to(model.TYPE)
    x = x / (x.flatten(1).float().norm(dim=1).view(-1, 1, 1).to(x.dtype) + 1e-7)
    wide = x.shape[1] > x.shape[2]
    if wide:
        x = x.transpose(1, 2)
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.transpose(1, 2) if wide else x).float()


class Muon:
    """Momentum whose steps are made orthogonal; matrices of one shape go together."""

    def __init__(self, parameters, lr):
        self.lr, self.groups, self.momentum, self.orthogonal = lr, {}, {}, orthogonal
        for p in parameters:
            self.groups.setdefault(tuple(p.shape), []).append(p)

    @torch.no_grad()
    def step(self, scale):
        for shape, group in self.groups.items():
            g = torch.stack([p.grad for p in group])
            m = self.momentum.setdefault(shape, torch.zeros_like(g))
            m.lerp_(g, 0.05)
            step = self.orthogonal(g.lerp(m, 0.95)) * max(1, shape[0] / shape[1]) ** 0.5
            torch._foreach_mul_(group, 1 - 0.01 * self.lr * scale)
            torch._foreach_add_(group, list(step.unbind()), alpha=-self.lr * scale)
            for p in group:
                p.grad = None


def keep_memory():
    """Has glibc keep what a step frees: asking the system for the same pages anew took half of the time."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 2**28)):  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD
            libc.mallopt(option, value)


class Trainer:
    def __init__(self, options):
        self.o = options
        self.folder = pathlib.Path(options.out)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.size = SIZES[options.size]
        self.tokens = tokenizer(self.folder, self.size)
        self.device = DEVICE
        torch.manual_seed(options.seed)
        shape = {k: self.size[k] for k in ("vocab", "d", "layers", "heads", "ff")}
        self.net = model.Llama(**shape)
        for layer, head in POINTING if self.size["layers"] > 5 else ():
            self.net.blk[self.size["layers"] // 2 + layer].pointing.append(head % self.size["heads"])
        self.start()
        self.net.to(self.device)
        matrices = [p for n, p in self.net.named_parameters() if n.startswith("blk.")]
        self.muon = Muon(matrices, options.lr)
        self.adam = torch.optim.Adam([self.net.token_embd.weight], lr=options.lr_embedding, betas=(0.9, 0.98), eps=1e-10,
                                     fused=self.device == "cuda")
        if self.device == "cuda" and not options.eager:  # most of the time went into starting small kernels: 174 ms a step without, 44 with
            for block in self.net.blk:
                block.compile(dynamic=True)
            self.muon.orthogonal = torch.compile(orthogonal)
        self.step, self.chunk, self.seen, self.waited, self.loss = 0, 0, 0, 0.0, 0.0
        self.unpacked = None  # what this one began as, if it was unpacked
        self.clock = multiprocessing.Value("d", 0.0)  # seconds of training

    @torch.no_grad()
    def start(self):
        d = self.size["d"]
        for name, p in self.net.named_parameters():
            if name.endswith(("attn_output.weight", "ffn_down.weight")):
                p.zero_()
            elif name.startswith("blk."):
                p.normal_(0, d**-0.5)
            elif name.startswith("token_embd"):
                p.normal_()
        if len(self.net.blk) > 1 and self.size["heads"] > 3:
            self.begin_to_read()

    def begin_to_read(self):
        """Begins with two circuits that training alone takes very long to find. To copy (Olsson et al. 2022), heads of the
        second layer look for where the token at hand came before, and say what came after; a head of the first layer has
        noted at each token which one came before it. To point, as an answer begins, two others look for where what was
        asked for stands a few tokens back, and say what is there."""
        d, e = self.size["d"], self.net.e
        half = e // 2
        basis = torch.linalg.qr(torch.randn(d, d))[0]
        # Each (d, e/2): by what a token is known, which was before it, which were a few before, which were further back.
        known, noted, near, asked = basis[:, : 4 * half].split(half, 1)
        said = basis[:, 4 * half : 4 * half + 2 * e].split(e, 1)
        first, second = self.net.blk[0], self.net.blk[1]
        looks = [(noted, 1, SHARPNESS, 0.1), (near, 3.5, 3, 0.02), (asked, 6, 3, 0.02), (asked, 12, 2, 0.02)]
        for head, (where, distance, sharpness, slowest) in enumerate(looks):
            self.look_back(first, head, distance, sharpness, slowest)
            rows = slice(head * e, head * e + half)
            first.attn_v.weight[rows] = known.T
            first.attn_output.weight[:, rows] = 4 * where
        rate = self.rates()
        slow = torch.arange(e // 4, e // 2)
        slow = torch.cat((slow, slow + e // 2))  # what the position hardly turns
        close = (rate > 0.04) & (rate < 0.4)  # the question itself is not to be pointed at
        for head in range(4):
            rows = slice(head * e, (head + 1) * e)
            q, k = second.attn_q.weight[rows], second.attn_k.weight[rows]
            q.zero_(), k.zero_()
            if head < 2:
                q[slow], k[slow] = 12 * known.T, noted.T
            else:
                q[slow], k[slow] = 16 * asked.T, near.T + noted.T / 2
                q[: e // 2, 0] -= 6 * close
                k[: e // 2, 0] += 6 * close
            second.attn_v.weight[rows] = said[head % 2].T
            second.attn_output.weight[:, rows] = (8 if head < 2 else 6) * said[head % 2]

    def rates(self):
        """How far a position turns each pair of a head, in radians."""
        e = self.net.e
        return model.THETA ** (-torch.arange(0, e, 2).float() / e)

    def look_back(self, block, head, distance, sharpness, slowest):
        """Makes a head attend around so many tokens back: with the same q and k at every position, only the rotations tell
        positions apart, and they agree where k was turned as far as q was."""
        e = self.net.e
        self.net.token_embd.weight[:, 0] = CONSTANT
        rate = self.rates()
        sharp = sharpness / CONSTANT * (rate > slowest)
        rows = slice(head * e, (head + 1) * e)
        for w, turned in ((block.attn_q.weight, distance), (block.attn_k.weight, 0)):
            w[rows] = 0
            w[rows, 0] = torch.cat((sharp * torch.cos(-rate * turned), sharp * torch.sin(-rate * turned)))

    def path(self):
        return self.folder / "checkpoint.pt"

    def save(self):
        state = dict(net=self.net.state_dict(), adam=self.adam.state_dict(), momentum=self.muon.momentum,
                     step=self.step, chunk=self.chunk, seen=self.seen, unpacked=self.unpacked, spent=self.clock.value, size=self.o.size)
        part = self.path().with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.path())

    def resume(self):
        if not self.path().exists():
            return
        state = torch.load(self.path(), map_location=self.device)
        self.net.load_state_dict(state["net"])
        if "adam" in state:  # not in one that was unpacked
            self.adam.load_state_dict(state["adam"])
            self.muon.momentum = state["momentum"]
        self.step, self.chunk, self.seen, self.clock.value = (state[k] for k in ("step", "chunk", "seen", "spent"))
        self.unpacked = state.get("unpacked")
        print(f"goes on at step {self.step}", flush=True)

    def share(self, chunk):
        """How much of the training is over when a chunk is reached."""
        here = self.clock.value / 60 / self.o.minutes if self.o.minutes else chunk / self.o.chunks
        return self.o.begin + (1 - self.o.begin) * here

    def supplies(self):
        """Starts to make chunks, in processes beside this one, and returns them in their order, without end."""
        n = self.o.workers
        fork = multiprocessing.get_context("fork")
        suppliers = []
        for i in range(n):
            queue = fork.Queue(1)
            args = (queue, self.tokens, self.o.seed, self.chunk + i, n, self.share, self.o.batch)
            suppliers.append((queue, fork.Process(target=supply, args=args, daemon=True)))
            suppliers[-1][1].start()
        while True:
            for queue, process in suppliers:
                yield taken(queue, process)

    def train(self):
        self.resume()
        saved = time.time()
        supplies = self.supplies()
        while (share := self.share(self.chunk)) < 1:
            begin = time.time()
            made = next(supplies)
            self.waited += time.time() - begin
            for ids, places, weights, aims, tokens in made:
                self.one((ids.astype(numpy.int64), places, weights, aims), min(1, (self.step + 1) / 100, (1 - share) * 1.25))
                self.seen += tokens
            self.loss, losses = 0.0, float(self.loss) / len(made)
            self.chunk += 1
            self.clock.value += time.time() - begin
            if self.chunk % self.o.told == 0:
                print(f"{share:.1%}: chunk {self.chunk}, step {self.step}, loss {losses:.3f}, {self.seen / self.clock.value:.0f} tokens/s, "
                      f"waited for {self.waited / self.clock.value:.0%}", flush=True)
            if time.time() - saved > self.o.saved:  # between chunks, so that nothing is seen twice
                self.save()
                self.examine()
                saved = time.time()
        self.save()
        self.examine()

    def one(self, batch, scale):
        dropout = self.o.dropout if batch[0].shape[1] <= SHORT else 0.0
        # A compiled block would be compiled anew for None; drawing numbers for nothing took 8 % of the time on two cores.
        kept = torch.tensor(1 - dropout, dtype=model.TYPE, device=self.device) if dropout or self.o.dropout and self.device == "cuda" else None
        loss = loss_of(self.net, *(torch.from_numpy(x).to(self.device) for x in batch), kept)
        loss.backward()
        self.muon.step(scale)
        for group in self.adam.param_groups:
            group["lr"] = self.o.lr_embedding * scale
        self.adam.step()
        self.adam.zero_grad()
        self.step += 1
        self.loss += loss.detach()

    @torch.no_grad()
    def examine(self):
        """Prints how many answers to unseen questions would be right to the last token."""
        if self.device == "cuda":
            torch.compiler.set_stance("force_eager")
        supply = corpus.Corpus("dev", seed=1)
        spoken = {"drills": supply.drill, "1 note": lambda: supply.reading(1), "3 notes": lambda: supply.reading(3),
                  "6 notes": lambda: supply.reading(6), "Croft": lambda: supply.conversation([supply.fact_turn()]),
                  "other": lambda: supply.conversation([supply.other_turn()])}
        sorts = {"copies": lambda: repeat(supply.rng, len(self.tokens.tokens))}
        sorts |= {name: lambda make=make: encode(self.tokens, make()) for name, make in spoken.items()}
        shares = []
        for name, make in sorts.items():
            right = total = 0
            for _ in range(self.o.examined):
                r, t = self.right(*pad([make() for _ in range(24)]))
                right, total = right + r, total + t
            shares.append(f"{name} {100 * right / total:.0f} %")
        print("right: " + ", ".join(shares), flush=True)
        if self.device == "cuda":
            torch.compiler.set_stance("default")

    def right(self, ids, said, aims):
        ids, said = (torch.from_numpy(x).long().to(self.device) for x in (ids, said))
        table = self.net.table()
        best = F.linear(self.net(ids[:, :-1], table)[0], table.to(model.TYPE)).argmax(-1)
        wrong = (best != ids[:, 1:]) & (said[:, 1:] > 0)
        answers = right = 0
        for row, mine in zip(wrong.tolist(), (said[:, 1:] > 0).tolist()):
            at = 0
            while at < len(mine):
                if not mine[at]:
                    at += 1
                    continue
                end = at
                while end < len(mine) and mine[end]:
                    end += 1
                answers, right, at = answers + 1, right + (not any(row[at:end])), end
        return right, answers


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", required=True, help="folder for the tokenizer and the checkpoint")
    p.add_argument("--size", choices=SIZES)
    p.add_argument("--chunks", type=int, help="how much is read: of a batch of 6,144 tokens come chunks of about 100,000")
    p.add_argument("--minutes", type=float, help="how long, instead of how much; two such runs differ")
    p.add_argument("--begin", type=float, default=0.0, help="the share of a whole training that is over at the start, for a model that was unpacked")
    p.add_argument("--batch", type=int, help="tokens a step")
    p.add_argument("--lr", type=float, help="of the matrices")
    p.add_argument("--lr-embedding", type=float)
    p.add_argument("--dropout", type=float, help="for short conversations")
    p.add_argument("--eager", action="store_true", help="compile nothing on a graphics card")
    p.add_argument("--workers", type=int, help="processes that make what is read")
    p.add_argument("--examined", type=int, help="of each sort of question, in batches of 24")
    p.add_argument("--saved", type=int, help="seconds between two checkpoints, each with an examination")
    p.add_argument("--told", type=int, help="chunks between two lines of progress")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=0)
    p.set_defaults(**DEFAULTS[DEVICE])
    options = p.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    keep_memory()
    Trainer(options).train()
