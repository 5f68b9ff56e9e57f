"""Makes a checkpoint of a packed starter, to go on training it: python3 unpack.py MODEL.gguf CARD.json FOLDER.

Weights of Q8_0 come back as near as 8 bits are; momentum begins anew.
"""

import json
import pathlib
import struct
import sys

import numpy
import torch

import bpe
import export
import train

Q8_0, BLOCK = 8, 32  # a block is a scale of two bytes and 32 signed bytes
NUMBERS = {export.U32: "<I", export.I32: "<i", export.F32: "<f", export.BOOL: "<?"}


class Reader:
    """Takes a file of export.py apart, from its start."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        v = struct.unpack_from(form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return v

    def string(self):
        n = self.number("<Q")
        self.at += n
        return self.data[self.at - n : self.at].decode()

    def value(self, kind):
        if kind == export.ARRAY:
            kind, n = self.number("<I"), self.number("<Q")
            return [self.value(kind) for _ in range(n)]
        return self.string() if kind == export.STRING else self.number(NUMBERS[kind])

    def tensor(self):
        name = self.string()
        dims = [self.number("<Q") for _ in range(self.number("<I"))]
        return name, list(reversed(dims)), self.number("<I"), self.number("<Q")


def weights(data, kind, dims):
    """The weights at the start of data, which are F32 or Q8_0."""
    n = int(numpy.prod(dims))
    if kind != Q8_0:
        return torch.from_numpy(numpy.frombuffer(data, "<f4", n).copy()).view(dims)
    blocks = numpy.frombuffer(data, numpy.dtype([("scale", "<f2"), ("q", "i1", BLOCK)]), n // BLOCK)
    return torch.from_numpy(blocks["scale"].astype("f4")[:, None] * blocks["q"]).view(dims)


def halves(w, heads):
    """The inverse of export.interleaved."""
    d, n = w.shape
    return w.view(heads, d // heads // 2, 2, n).transpose(1, 2).reshape(d, n)


def read(path):
    """Returns (metadata, named weights) of a file."""
    r = Reader(path.read_bytes())
    if r.data[:4] != b"GGUF":
        sys.exit(f"{path} is no GGUF file.")
    r.at = 8
    tensors, n = r.number("<Q"), r.number("<Q")
    meta = {r.string(): r.value(r.number("<I")) for _ in range(n)}
    table = [r.tensor() for _ in range(tensors)]
    start = -(-r.at // export.ALIGNMENT) * export.ALIGNMENT
    return meta, {name: weights(r.data[start + at :], kind, dims) for name, dims, kind, at in table}


def main(path, card, folder):
    meta, named = read(pathlib.Path(path))
    heads = meta["llama.attention.head_count"]
    shape = dict(vocab=meta["llama.vocab_size"], d=meta["llama.embedding_length"], layers=meta["llama.block_count"], heads=heads,
                 ff=meta["llama.feed_forward_length"])
    size = next(name for name, s in train.SIZES.items() if shape.items() <= s.items())
    net = {name: halves(w, heads) if name.endswith(("attn_q.weight", "attn_k.weight")) else w for name, w in named.items() if "norm" not in name}
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps([m.split(" ") for m in meta["tokenizer.ggml.merges"]]))
    earlier = json.loads(pathlib.Path(card).read_text())["tokens_trained"]
    state = dict(net=net, unpacked=dict(net=net, seen=earlier), step=0, chunk=0, seen=0, spent=0.0, size=size)
    torch.save(state, folder / "checkpoint.pt")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
