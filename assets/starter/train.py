"""Trains the starter: python3 train.py --out FOLDER. Goes on where it was interrupted.

The same seed and number of steps give the same model on the same kind of machine. Matrices are trained by Muon (Jordan
et al. 2024), the embedding by Adam. What the assistant says counts most, its first words above all.
"""

import argparse
import ctypes
import json
import math
import multiprocessing
import os
import pathlib
import random
import sys
import time

import torch
import torch.nn.functional as F

import bpe
import corpus
import model

CONTEXT = 2048
SIZES = {  # vocabulary, of it words with their space, width, layers, heads, width inside the feed-forward
    "tiny": dict(vocab=288, spaced=4, d=16, layers=1, heads=2, ff=32),
    "small": dict(vocab=4096, spaced=1200, d=256, layers=6, heads=4, ff=768),
    "large": dict(vocab=4096, spaced=1200, d=384, layers=8, heads=6, ff=1024),
}
CONSTANT, SHARPNESS = 4.0, 6.0  # for heads that begin by looking back: see look_back
SAVED_SECONDS = 300
CHUNK = 500  # conversations that are cut into batches together
# What the chunks hold: up to which, the share of repeats, and the corpus' shares. First all is pointing and copying, and
# "Your notes don't say." is rare, lest it be said always.
STAGES = [
    (25, 0.02, dict(drills=0.5, readings=0.85, absent=0.03)),
    (64, 0.01, dict(drills=0.35, readings=0.85, absent=0.05)),
    (80, 0.01, dict(drills=0.15, readings=0.55, absent=0.15)),
    (math.inf, 0.005, dict(drills=0.08, readings=0.3, absent=0.3)),
]
PROMPT_SHARE = 0.1  # of the tokens that are not the assistant's count
# How much a token counts, by its place: with the first words an answer is decided, the rest follows from them.
WEIGHTS = [0.1, 10.0, 5.0, 3.0, 2.0, 1.0]
PLACE_MAX = len(WEIGHTS) - 1
CUT_BELOW, CUT_SHARE = 90, 0.6  # tokens of a conversation; how many of the shorter ones are cut


def tokenizer(folder, size):
    path = folder / "tokenizer.json"
    if not path.exists():
        supply = corpus.Corpus("train", seed=0)
        texts = [corpus.render(supply.next()) for _ in range(30_000)]
        path.write_text(json.dumps(bpe.learn(texts, size["vocab"], size["spaced"])))
    return bpe.Tokenizer(json.loads(path.read_text()), size["vocab"])


def encode(tokens, spoken):
    """Returns ids, and for each its place in what the assistant says, from 1; 0 for what others say."""
    ids, said = [], []
    for role, text in spoken:
        head = tokens.encode(f"<|im_start|>{role}\n")
        body = tokens.encode(f"{text}<|im_end|>")
        tail = tokens.encode("\n")
        ids += head + body + tail
        spoken_here = range(1, len(body) + 1) if role == "assistant" else [0] * len(body)
        said += [0] * len(head) + [min(place, PLACE_MAX) for place in spoken_here] + [0] * len(tail)
    return ids[:CONTEXT], said[:CONTEXT]


def cut(rng, ids, said):
    """Ends a short conversation soon after its last answer has begun: how it goes on follows, and is learnt elsewhere."""
    begins = [i for i, place in enumerate(said) if place == 1]
    if len(ids) < CUT_BELOW and rng.random() < CUT_SHARE:
        end = begins[-1] + rng.randint(4, 14)
        return ids[:end], said[:end]
    return ids, said


def repeat(rng, vocab):
    """Returns random tokens two or three times, the surest way to learn copying (Olsson et al. 2022)."""
    tokens = [rng.randrange(len(bpe.SPECIALS), vocab) for _ in range(rng.randint(6, 48))]
    times = rng.randint(1, 2)
    # Where the first repetition begins cannot be known.
    return [0] + tokens * (1 + times), [0] * (2 + len(tokens)) + [PLACE_MAX] * (len(tokens) * times - 1)


def pad(rows):
    """Makes one batch: ids and places (B, T), -1 for what does not count."""
    T = -(-max(len(ids) for ids, _ in rows) // 16) * 16
    ids = torch.zeros(len(rows), T, dtype=torch.long)
    said = torch.full((len(rows), T), -1, dtype=torch.int8)
    for i, (row, mine) in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        said[i, : len(row)] = torch.tensor(mine, dtype=torch.int8)
    return ids, said


def batches(tokens, which, seed, chunk, size):
    """Returns the batches of a chunk, each of about size tokens."""
    repeats, mix = next(stage[1:] for stage in STAGES if chunk < stage[0])
    supply = corpus.Corpus(which, seed=f"{seed}.{chunk}", **mix)

    def row():
        if supply.rng.random() < repeats:
            return repeat(supply.rng, len(tokens.tokens))
        return cut(supply.rng, *encode(tokens, supply.next()))

    rows = sorted((row() for _ in range(CHUNK)), key=lambda row: len(row[0]))
    made, batch = [], []
    for row in rows:
        if batch and (len(batch) + 1) * len(row[0]) > size:
            made.append(pad(batch))
            batch = []
        batch.append(row)
    made.append(pad(batch))
    random.Random(f"{seed}.{chunk}").shuffle(made)
    return made


def supply(queue, tokens, seed, chunk, size):
    torch.set_num_threads(1)
    while True:
        queue.put((chunk, batches(tokens, "train", seed, chunk, size)))
        chunk += 1


def loss_of(net, ids, said, generator):
    """The mean loss over what counts."""
    target, mine = ids[:, 1:].reshape(-1), said[:, 1:].reshape(-1)
    chance = torch.rand(target.shape, generator=generator, device="cpu").to(ids.device)
    counts = (mine > 0) | ((mine == 0) & (chance < PROMPT_SHARE))
    weight = torch.tensor(WEIGHTS, device=ids.device)[mine.long().clamp(min=0)][counts]
    with torch.autocast(ids.device.type, dtype=torch.bfloat16):
        table = net.table()
        logits = F.linear(net(ids[:, :-1], table).flatten(0, 1)[counts], table)
    losses = F.cross_entropy(logits.float(), target[counts], reduction="none")
    return (losses * weight).sum() / weight.sum()


def orthogonal(g):
    """The nearest orthogonal matrices of a stack (n, rows, columns), nearly: five steps of Newton and Schulz."""
    x = g.bfloat16()
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
        self.lr, self.groups, self.momentum = lr, {}, {}
        for p in parameters:
            self.groups.setdefault(tuple(p.shape), []).append(p)

    @torch.no_grad()
    def step(self, scale):
        for shape, group in self.groups.items():
            g = torch.stack([p.grad for p in group])
            m = self.momentum.setdefault(shape, torch.zeros_like(g))
            m.lerp_(g, 0.05)
            step = orthogonal(g.lerp(m, 0.95)) * max(1, shape[0] / shape[1]) ** 0.5
            for p, s in zip(group, step):
                p.mul_(1 - 0.01 * self.lr * scale).add_(s, alpha=-self.lr * scale)
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
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(options.seed)
        shape = {k: self.size[k] for k in ("vocab", "d", "layers", "heads", "ff")}
        self.net = model.Llama(**shape)
        self.start()
        self.net.to(self.device)
        matrices = [p for n, p in self.net.named_parameters() if n.startswith("blk.")]
        self.muon = Muon(matrices, options.lr)
        self.adam = torch.optim.Adam([self.net.token_embd.weight], lr=options.lr_embedding, betas=(0.9, 0.98), eps=1e-10)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.step, self.chunk, self.seen, self.spent, self.losses = 0, 0, 0, 0.0, 0.0

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
                     generator=self.generator.get_state(), step=self.step, chunk=self.chunk, seen=self.seen, spent=self.spent,
                     size=self.o.size, steps=self.o.steps)
        part = self.path().with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.path())

    def resume(self):
        if not self.path().exists():
            return
        state = torch.load(self.path(), map_location=self.device)
        self.net.load_state_dict(state["net"])
        self.adam.load_state_dict(state["adam"])
        self.muon.momentum = state["momentum"]
        self.generator.set_state(state["generator"].cpu())
        self.step, self.chunk, self.seen, self.spent = (state[k] for k in ("step", "chunk", "seen", "spent"))
        print(f"goes on at step {self.step}", flush=True)

    def scale(self):
        """The share of the learning rate: a short rise, then down to nothing."""
        return min(1, (self.step + 1) / 100, max(0, 1 - self.step / self.o.steps) * 1.25)

    def train(self):
        self.resume()
        queue = multiprocessing.Queue(2)
        worker = multiprocessing.Process(target=supply, args=(queue, self.tokens, self.o.seed, self.chunk, self.o.batch), daemon=True)
        worker.start()
        saved = time.time()
        while self.step < self.o.steps:
            chunk, made = queue.get()
            for ids, said in made:
                self.one(ids, said)
                if self.step >= self.o.steps:
                    break
            self.chunk = chunk + 1
            if time.time() - saved > SAVED_SECONDS:  # between chunks, so that nothing is seen twice
                self.save()
                self.examine()
                saved = time.time()
        worker.terminate()
        self.save()
        self.examine()

    def one(self, ids, said):
        begin = time.time()
        loss = loss_of(self.net, ids.to(self.device), said.to(self.device), self.generator)
        loss.backward()
        scale = self.scale()
        self.muon.step(scale)
        for group in self.adam.param_groups:
            group["lr"] = self.o.lr_embedding * scale
        self.adam.step()
        self.adam.zero_grad()
        self.step += 1
        self.seen += int((said >= 0).sum())
        self.spent += time.time() - begin
        self.losses += loss.item()
        if self.step % 25 == 0:
            left = (self.o.steps - self.step) * self.spent / self.step / 60
            print(f"step {self.step} of {self.o.steps}, loss {self.losses / 25:.3f}, {self.seen / self.spent:.0f} tokens/s, {left:.0f} min left", flush=True)
            self.losses = 0.0

    @torch.no_grad()
    def examine(self):
        """Prints how many answers to unseen questions would be right to the last token."""
        supply = corpus.Corpus("dev", seed=1)
        spoken = {"drills": supply.drill, "1 note": lambda: supply.reading(1), "3 notes": lambda: supply.reading(3),
                  "6 notes": lambda: supply.reading(6), "Croft": lambda: supply.conversation([supply.fact_turn()]),
                  "other": lambda: supply.conversation([supply.other_turn()])}
        sorts = {"copies": lambda: repeat(supply.rng, len(self.tokens.tokens))}
        sorts |= {name: lambda make=make: encode(self.tokens, make()) for name, make in spoken.items()}
        shares = []
        for name, make in sorts.items():
            right = total = 0
            for _ in range(3):
                r, t = self.right(*pad([make() for _ in range(24)]))
                right, total = right + r, total + t
            shares.append(f"{name} {100 * right / total:.0f} %")
        print("right: " + ", ".join(shares), flush=True)

    def right(self, ids, said):
        ids, said = ids.to(self.device), said.to(self.device)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            table = self.net.table()
            best = F.linear(self.net(ids[:, :-1], table), table).argmax(-1)
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
    p.add_argument("--size", choices=SIZES, default="small")
    p.add_argument("--steps", type=int, default=3_300)
    p.add_argument("--batch", type=int, default=6144, help="tokens a step")
    p.add_argument("--lr", type=float, default=0.005, help="of the matrices")
    p.add_argument("--lr-embedding", type=float, default=0.004)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=0)
    options = p.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    keep_memory()
    Trainer(options).train()
