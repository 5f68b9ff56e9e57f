"""Writes a trained starter as a GGUF file of F32 weights: python3 export.py FOLDER OUT.gguf [CARD.json].

Croft's own quantizer makes the file that ships of it. The card is told how much it was trained on.
"""

import json
import pathlib
import struct
import sys

import torch

import bpe
import model
import train

TEMPLATE = """{%- for message in messages -%}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' -}}
{%- endif -%}"""
NORMAL, CONTROL, UNUSED = 1, 3, 5  # tokenizer.ggml.token_type
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9  # types of metadata
ALIGNMENT = 32
NEW_SHARE = 0.7


def string(s):
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def value(kind, v):
    if kind == STRING:
        return string(v)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], v)


def entry(key, kind, v):
    if isinstance(v, list):
        return string(key) + struct.pack("<IIQ", ARRAY, kind, len(v)) + b"".join(value(kind, x) for x in v)
    return string(key) + struct.pack("<I", kind) + value(kind, v)


def metadata(size, tokens):
    kinds = [CONTROL] * len(bpe.SPECIALS) + [UNUSED if t.startswith("[unused") else NORMAL for t in tokens.tokens[len(bpe.SPECIALS) :]]
    return [
        ("general.architecture", STRING, "llama"),
        ("general.name", STRING, "Starter"),
        ("general.license", STRING, "apache-2.0"),
        ("general.file_type", U32, 0),
        ("general.sampling.temp", F32, 0.0),
        ("llama.context_length", U32, train.CONTEXT),
        ("llama.embedding_length", U32, size["d"]),
        ("llama.block_count", U32, size["layers"]),
        ("llama.feed_forward_length", U32, size["ff"]),
        ("llama.attention.head_count", U32, size["heads"]),
        ("llama.attention.head_count_kv", U32, size["heads"]),
        ("llama.attention.layer_norm_rms_epsilon", F32, model.EPS),
        ("llama.rope.freq_base", F32, model.THETA),
        ("llama.rope.dimension_count", U32, size["d"] // size["heads"]),
        ("llama.vocab_size", U32, size["vocab"]),
        ("tokenizer.ggml.model", STRING, "gpt2"),
        ("tokenizer.ggml.pre", STRING, "qwen2"),
        ("tokenizer.ggml.tokens", STRING, tokens.tokens),
        ("tokenizer.ggml.token_type", I32, kinds),
        ("tokenizer.ggml.merges", STRING, [" ".join(m) for m in tokens.merges]),
        ("tokenizer.ggml.bos_token_id", U32, 0),
        ("tokenizer.ggml.eos_token_id", U32, 2),
        ("tokenizer.ggml.add_bos_token", BOOL, False),
        ("tokenizer.chat_template", STRING, TEMPLATE),
    ]


def interleaved(w, heads):
    """Orders the rows of a query or key matrix so that the two of a pair, of which one is in each half, are neighbours."""
    d, n = w.shape
    return w.view(heads, 2, d // heads // 2, n).transpose(1, 2).reshape(d, n)


def blended(state):
    """The weights. Of a model that was unpacked and trained on, they are between what it was and what it became: it keeps
    more of what it knew and loses little of what it learnt (Wortsman et al. 2022, arXiv:2109.01903)."""
    net = state["net"] | {"token_embd.weight": model.norm(state["net"]["token_embd.weight"])}
    if not state.get("unpacked"):
        return net
    return {name: torch.lerp(w, net[name], NEW_SHARE) for name, w in state["unpacked"]["net"].items()}


def tensors(state, size):
    ones = torch.ones(size["d"])
    yield "token_embd.weight", state["token_embd.weight"]
    yield "output_norm.weight", ones * size["d"] ** -0.5
    for i in range(size["layers"]):
        yield f"blk.{i}.attn_norm.weight", ones
        yield f"blk.{i}.ffn_norm.weight", ones
        for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
            w = state[f"blk.{i}.{part}.weight"]
            yield f"blk.{i}.{part}.weight", interleaved(w, size["heads"]) if part in ("attn_q", "attn_k") else w


def padded(b):
    return b + bytes(-len(b) % ALIGNMENT)


def write(path, meta, named):
    head = b"GGUF" + struct.pack("<IQQ", 3, len(named), len(meta)) + b"".join(entry(*m) for m in meta)
    data, table = [], []
    for name, w in named:
        dims = list(reversed(w.shape))
        table.append(string(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", 0, sum(map(len, data))))
        data.append(padded(w.float().contiguous().numpy().tobytes()))
    path.write_bytes(padded(head + b"".join(table)) + b"".join(data))


def tell(card, state):
    told = json.loads(card.read_text())
    told["tokens_trained"] = state["seen"] + (state.get("unpacked") or {"seen": 0})["seen"]
    card.write_text(json.dumps(told, indent=2) + "\n")


def main(folder, out, card=None):
    state = torch.load(pathlib.Path(folder) / "checkpoint.pt", map_location="cpu")
    size = train.SIZES[state["size"]]
    tokens = train.tokenizer(pathlib.Path(folder), size)
    write(pathlib.Path(out), metadata(size, tokens), list(tensors(blended(state), size)))
    if card:
        tell(pathlib.Path(card), state)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
