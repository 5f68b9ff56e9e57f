"""The network: llama as published (RMSNorm, rotary positions, SwiGLU), with the embedding as the head.

Shapes: B sequences of T tokens, d = width, h = heads, e = d / h, V = vocabulary.
The gains of the norms are not trained: the matrices behind them learn the same. The rows of the embedding are normed, so that rare tokens stand out beside what the layers add.
"""

import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F

EPS = 1e-5
THETA = 10000.0


def precision():
    """The type to compute in: bfloat16 where the hardware multiplies it."""
    try:
        known = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        known = ""
    return torch.bfloat16 if torch.cuda.is_available() or "avx512_bf16" in known or "amx_bf16" in known else torch.float32


TYPE = precision()


def norm(x):
    """(…, d) -> (…, d)"""
    if x.is_cuda:  # one kernel
        return F.rms_norm(x, x.shape[-1:], eps=EPS)
    n = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
    return x * torch.rsqrt(n * n / x.shape[-1] + EPS).to(x.dtype)


class Linear(nn.Linear):
    """Computes in the precision of what comes in."""

    def __init__(self, ins, outs):
        super().__init__(ins, outs, bias=False)

    def forward(self, x):
        return F.linear(x, self.weight.to(x.dtype))


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


def dropped(x, kept):
    """Dropout (Srivastava et al. 2014). kept is the share that stays, a tensor since it changes from batch to batch, or None."""
    return x if kept is None else x * (torch.rand_like(x) < kept) / kept


class Block(nn.Module):
    def __init__(self, d, h, ff):
        super().__init__()
        self.h = h
        self.pointing = []  # heads that are shown where to look, see point
        self.attn_q = Linear(d, d)
        self.attn_k = Linear(d, d)
        self.attn_v = Linear(d, d)
        self.attn_output = Linear(d, d)
        self.ffn_gate = Linear(d, ff)
        self.ffn_up = Linear(d, ff)
        self.ffn_down = Linear(ff, d)

    def point(self, q, k, aims):
        """The loss of the heads that are shown where to look: the cross entropy of their attention. aims (3, N) are sequences,
        positions in them, and the position to look at from there."""
        b, t, to = aims
        T = q.shape[1]
        later = torch.arange(T, device=q.device) > t.unsqueeze(1)
        q, k = (y.view(-1, self.h, T, q.shape[2]) for y in (q, k))
        loss = 0.0
        for head in self.pointing:
            scores = torch.bmm(q[:, head], k[:, head].transpose(1, 2))[b, t].float() * q.shape[3] ** -0.5
            loss = loss + F.cross_entropy(scores.masked_fill(later, float("-inf")), to)
        return loss

    def attend(self, x, cos, sin, mask, aims):
        B, T, d = x.shape
        e = d // self.h
        split = lambda y: y.view(B, T, self.h, e).transpose(1, 2)
        join = lambda y: y.reshape(B * self.h, T, e)
        q, k = (join(rotate(split(f(x)), cos, sin)) for f in (self.attn_q, self.attn_k))
        v = join(split(self.attn_v(x)))
        pointed = 0.0 if aims is None else self.point(q, k, aims)
        if x.is_cuda:
            y = F.scaled_dot_product_attention(q.view(B, self.h, T, e), k.view(B, self.h, T, e), v.view(B, self.h, T, e), is_causal=True)
        else:
            w = torch.softmax(torch.baddbmm(mask, q, k.transpose(1, 2), alpha=e**-0.5), -1)
            y = torch.bmm(w.to(x.dtype), v).view(B, self.h, T, e)
        return self.attn_output(y.transpose(1, 2).reshape(B, T, d)), pointed

    def forward(self, x, cos, sin, mask, kept, aims):
        attended, pointed = self.attend(norm(x), cos, sin, mask, aims)
        x = x + dropped(attended, kept)
        y = norm(x)
        return x + dropped(self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y)), kept), pointed


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

    def forward(self, ids, table, kept=None, aims=None):
        """(B, T) -> (B, T, d), of which the product with the table's rows are the scores, and the loss of the pointing heads."""
        T = ids.shape[1]
        x = F.embedding(ids, table).to(TYPE)
        cos, sin = rotation(T, self.e, ids.device, x.dtype)
        mask = None if x.is_cuda else torch.full((T, T), float("-inf"), dtype=x.dtype, device=ids.device).triu(1)
        loss = 0.0
        for b in self.blk:
            x, pointed = b(x, cos, sin, mask, kept, aims)
            loss = loss + pointed
        return norm(x) * self.gain, loss
