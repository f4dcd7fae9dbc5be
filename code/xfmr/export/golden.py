"""What the exported model computes of a text, for a page to compare with.

A case is what the engine is given, and in float64 what must come out: the
shares of all heads, and the logits at the last token. The cases are both
modes, the one without its mask, and a model of which a part is taken away.
"""

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from xfmr.demo.heads import Edge, bias_of, cut, heads
from xfmr.demo.model import Demo, mask_of
from xfmr.inside import Head, caught, without

MASKS = {"causal": "causal", "full": "bidirectional"}  # whose own they are


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the engine is given.

    Args:
        ids: the tokens.
        mode: one of MODES.
        mask: one of MASKS.
        without: heads that read nothing.
        cut: edges that carry nothing.
    """

    ids: Sequence[int]
    mode: str
    mask: str
    without: Sequence[Head] = ()
    cut: Sequence[Edge] = ()


def cases(ids: Sequence[int]) -> list[Case]:
    """The cases of a text that has at least two tokens."""
    last = len(ids) - 1
    return [
        Case(ids=ids, mode="causal", mask="causal"),
        Case(ids=ids, mode="bidirectional", mask="full"),
        Case(ids=ids, mode="causal", mask="full"),
        Case(
            ids=ids,
            mode="causal",
            mask="causal",
            without=[(0, 0)],
            cut=[(1, 0, last, 0), (1, 0, last, 1)],
        ),
    ]


@torch.no_grad()
def expected(model: Demo, case: Case) -> dict[str, Tensor]:
    """What a model computes of a case, under the engine's names.

    Returns:
        `q`, `k` and `v` of axes L N T H; `scores` and `attention`, L N T S;
        `stream`, what each layer reads and what the last one wrote, of T D
        each; `logits`, T V.

    Raises:
        ValueError: if the model has no such mode, head or edge.
    """
    tokens = torch.tensor([case.ids])
    mask = mask_of(MASKS[case.mask], len(case.ids))
    names = ["embedding", *(f"blocks.{n}" for n in range(len(model.blocks)))]
    with without(model, case.without):
        found = heads(model, tokens, case.mode, mask, edges=case.cut)
        with cut(model, bias_of(model, len(case.ids), case.cut)):
            given = {"mode": case.mode, "mask": mask}
            streams = caught(model, tokens, names, **given)
            logits = model(tokens, **given)
    parts = {name: x[:, 0] for name, x in found._asdict().items()}
    parts["attention"] = parts.pop("weights")
    parts["stream"] = torch.stack([streams[name][0] for name in names])
    return parts | {"logits": logits[0]}


def golden(model: Demo, ids: Sequence[int]) -> list[dict[str, object]]:
    """The cases of a text, with what must come out.

    Args:
        model: that of `as_exported`.
    """
    found = []
    for case in cases(ids):
        made = expected(model, case)
        numbers = {
            "attention": _base64(made["attention"]),
            "logits": _base64(made["logits"][-1]),
        }
        found.append({"given": asdict(case), "expected": numbers})
    return found


def _base64(numbers: Tensor) -> str:
    data = numbers.contiguous().numpy().astype("<f8").tobytes()
    return base64.b64encode(data).decode()
