"""The formulas of training and serving, each with its unit and its source.

They are for models of two kinds: `GPT`'s, with two matrices in a feed-forward
layer, norms with a bias and dropout, and `Llama`'s, with a gate, norms without
and neither biases nor dropout. Logits of the first are read with the token
table. What has several cases, such as a window that is not yet full, is no
formula and not here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from xfmr import activations, compute, memory, roofline
from xfmr.config import Config
from xfmr.formulas import Formula, formula, of_model
from xfmr.presets import GPT2, LLAMA2_70B

SIZES = "LDNKHFV"
RANGES = {  # of letters: the least and the most that a page or a test takes
    "B": (1, 1024),
    "T": (1, 131_072),
    "S": (1, 131_072),
    "D": (1, 32_768),
    "N": (1, 256),
    "K": (1, 256),
    "G": (1, 32),
    "H": (1, 512),
    "F": (1, 131_072),
    "V": (1, 300_000),
    "L": (1, 256),
    "b": (1, 4),
    "P": (1, 10**12),
    "R": (1, 8192),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A formula and what one has to know to use it.

    Args:
        symbol: what the quantity is called in formulas, as TeX.
        unit: of what the formula gives.
        source: where it was published, or the page that derives it.
    """

    quantity: str
    symbol: str
    unit: str
    source: str
    formula: Formula

    @property
    def ranges(self) -> Mapping[str, tuple[int, int]]:
        """The least and the most of each of its letters."""
        letters = {str(x) for x in self.formula.expression.free_symbols}
        return {x: RANGES[x] for x in RANGES if x in letters}


@cache
def entries() -> tuple[Entry, ...]:
    """All of them, in the order of the chapters."""
    return (*_work(), *_training(), *_serving())


def _work() -> tuple[Entry, ...]:
    palm = "Chowdhery et al. 2022, appendix B"
    return (
        Entry(
            quantity="training GPT",
            symbol=r"C_\text{train}",
            unit="FLOPs a text",
            source=palm,
            formula=of_model(_training_flops(), GPT2, SIZES, "T"),
        ),
        Entry(
            quantity="training Llama",
            symbol=r"C_\text{train}",
            unit="FLOPs a text",
            source=palm,
            formula=of_model(_training_flops(), LLAMA2_70B, SIZES, "T"),
        ),
        Entry(
            quantity="training GPT, all layers recomputed",
            symbol=r"C_\text{train}",
            unit="FLOPs a text",
            source="Narayanan et al. 2021, equation 3",
            formula=of_model(_training_flops("full"), GPT2, SIZES, "T"),
        ),
        Entry(
            quantity="share of attention in Llama",
            symbol=r"\alpha",
            unit="of all FLOPs",
            source="page flops",
            formula=of_model(
                lambda model, T: compute.attention_share(model, n_tokens=T),
                LLAMA2_70B,
                SIZES,
                "T",
            ),
        ),
    )


def _training_flops(recompute: str = "none") -> Callable:
    def flops(model: Config, T: int) -> int:
        return compute.training_flops(model, n_tokens=T, recompute=recompute)

    return flops


def _training() -> tuple[Entry, ...]:
    korthikanti = "Korthikanti et al. 2022, equation 1"
    stages = (
        Entry(
            quantity=f"states on a rank, ZeRO stage {stage}",
            symbol=r"M_\text{states}",
            unit="bytes",
            source="Rajbhandari et al. 2020, section 5",
            formula=formula(_states(stage), "PR"),
        )
        for stage in range(4)
    )
    return (
        *stages,
        Entry(
            quantity="activations of GPT, with dropout",
            symbol=r"M_\text{act}",
            unit="bytes",
            source=korthikanti,
            formula=of_model(_activations(True), GPT2, "LDNKHF", "BTb"),
        ),
        Entry(
            quantity="activations of Llama",
            symbol=r"M_\text{act}",
            unit="bytes",
            source="page training-memory",
            formula=of_model(_activations(False), LLAMA2_70B, "LDNKHF", "BTb"),
        ),
        Entry(
            quantity="activations, scores recomputed",
            symbol=r"M_\text{act}",
            unit="bytes",
            source="page training-memory",
            formula=of_model(
                _activations(False, "selective"),
                LLAMA2_70B,
                "LDNKHF",
                "BTb",
            ),
        ),
        Entry(
            quantity="activations, layers recomputed",
            symbol=r"M_\text{act}",
            unit="bytes",
            source="Korthikanti et al. 2022, table 2",
            formula=of_model(
                _activations(False, "full"), LLAMA2_70B, "LDNKHF", "BTb"
            ),
        ),
        Entry(
            quantity="logits",
            symbol=r"M_\text{logits}",
            unit="bytes",
            source="page training-memory",
            formula=of_model(
                lambda model, B, T: activations.logits_bytes(
                    model, n_tokens=T, batch_size=B
                ),
                LLAMA2_70B,
                "V",
                "BT",
            ),
        ),
    )


def _states(stage: int) -> Callable:
    def states(P: int, R: int) -> int:
        return sum(memory.training_bytes(P, zero=stage, ranks=R).values())

    return states


def _activations(dropout: bool, recompute: str = "none") -> Callable:
    def kept(model: Config, B: int, T: int, b: int) -> int:
        return activations.activation_bytes(
            model,
            n_tokens=T,
            batch_size=B,
            recompute=recompute,
            dropout=dropout,
            bytes_per_number=b,
        )

    return kept


def _serving() -> tuple[Entry, ...]:
    def flops(model: Config, B: int, T: int, S: int) -> int:
        return roofline.step_flops(model, n_new=T, n_before=S, batch_size=B)

    def passing(model: Config, B: int, T: int, S: int, b: int) -> int:
        return roofline.step_bytes(
            model, n_new=T, n_before=S, batch_size=B, bytes_per_number=b
        )

    def cache(model: Config, B: int, T: int, b: int) -> int:
        return B * memory.kv_cache_bytes(model, n_tokens=T, bytes_per_number=b)

    return (
        Entry(
            quantity="cache of a batch",
            symbol=r"M_\text{cache}",
            unit="bytes",
            source="page kv-cache",
            formula=of_model(cache, LLAMA2_70B, "LDNKH", "BTb"),
        ),
        Entry(
            quantity="a step of T tokens after S",
            symbol=r"C_\text{step}",
            unit="FLOPs",
            source="page roofline",
            formula=of_model(flops, LLAMA2_70B, SIZES, "BTS"),
        ),
        Entry(
            quantity="what passes in such a step",
            symbol=r"M_\text{step}",
            unit="bytes",
            source="page roofline",
            formula=of_model(passing, LLAMA2_70B, SIZES, "BTSb"),
        ),
    )
