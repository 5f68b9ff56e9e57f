"""The network: llama as published (RMSNorm, rotary positions, SwiGLU), with the embedding as the head.

Shapes: B sequences of T tokens, d = width, h = heads, e = d / h, V = vocabulary.
The gains of the norms are not trained: the matrices behind them learn the same. The rows of the embedding are normed, so that rare tokens stand out beside what the layers add.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

EPS = 1e-5
THETA = 10000.0


def norm(x):
    """(…, d) -> (…, d)"""
    n = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
    return x * torch.rsqrt(n * n / x.shape[-1] + EPS).to(x.dtype)


def rotation(T, e, device, dtype):
    """The cosines and sines (T, e) of each position's angles, with the sign of the half that they are for."""
    rate = THETA ** (-torch.arange(0, e, 2, device=device).float() / e)
    angle = torch.outer(torch.arange(T, device=device).float(), rate)
    cos, sin = angle.cos(), angle.sin()
    return torch.cat((cos, cos), -1).to(dtype), torch.cat((-sin, sin), -1).to(dtype)


def rotate(x, cos, sin):
    """(B, h, T, e): element i of the first half and of the second are a pair; the export interleaves them."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((b, a), -1) * sin


class Block(nn.Module):
    def __init__(self, d, h, ff):
        super().__init__()
        self.h = h
        self.attn_q = nn.Linear(d, d, bias=False)
        self.attn_k = nn.Linear(d, d, bias=False)
        self.attn_v = nn.Linear(d, d, bias=False)
        self.attn_output = nn.Linear(d, d, bias=False)
        self.ffn_gate = nn.Linear(d, ff, bias=False)
        self.ffn_up = nn.Linear(d, ff, bias=False)
        self.ffn_down = nn.Linear(ff, d, bias=False)

    def attend(self, x, cos, sin, mask):
        B, T, d = x.shape
        e = d // self.h
        split = lambda y: y.view(B, T, self.h, e).transpose(1, 2)
        join = lambda y: y.reshape(B * self.h, T, e)
        q, k = (join(rotate(split(f(x)), cos, sin)) for f in (self.attn_q, self.attn_k))
        w = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=e**-0.5)
        w = torch.softmax(w, -1)
        y = torch.bmm(w.to(x.dtype), join(split(self.attn_v(x))))
        return self.attn_output(y.view(B, self.h, T, e).transpose(1, 2).reshape(B, T, d))

    def forward(self, x, cos, sin, mask):
        x = x + self.attend(norm(x), cos, sin, mask)
        y = norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))


class Llama(nn.Module):
    def __init__(self, vocab, d, layers, heads, ff):
        super().__init__()
        self.e = d // heads
        self.token_embd = nn.Embedding(vocab, d)
        self.gain = d**-0.5  # scores from -√d to √d
        self.blk = nn.ModuleList(Block(d, heads, ff) for _ in range(layers))

    def table(self):
        """The embedding (V, d), which is also the head."""
        return norm(self.token_embd.weight)

    def forward(self, ids, table):
        """(B, T) -> (B, T, d), of which the product with the table's rows are the scores."""
        T = ids.shape[1]
        x = F.embedding(ids, table).to(torch.bfloat16)
        cos, sin = rotation(T, self.e, ids.device, x.dtype)
        mask = torch.full((T, T), float("-inf"), dtype=x.dtype, device=ids.device).triu(1)
        for b in self.blk:
            x = b(x, cos, sin, mask)
        return norm(x) * self.gain
