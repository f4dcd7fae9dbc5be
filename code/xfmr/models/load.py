"""Loading: a checkpoint in the transformers library's layout into our models.

A folder holds `config.json` and the numbers, in one file or in shards that an
index lists. Only safetensors are read: nothing in them can run. What the
tensors are called there, `xfmr.models.names` knows.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Shaped
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from xfmr import families
from xfmr.config import Config
from xfmr.models.bert import Bert
from xfmr.models.gpt import GPT
from xfmr.models.llama import Llama
from xfmr.models.names import Names, Place, bert, gpt2, llama, t5
from xfmr.models.t5 import T5

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
ONLY = {"quantization_config": None}
FAMILIES = {
    "bert": (Bert, bert.NAMES),
    "gpt2": (GPT, gpt2.NAMES),
    "t5": (T5, t5.NAMES),
} | dict.fromkeys(
    ("llama", "mistral", "mixtral", "qwen2", "qwen3", "gemma2"),
    (Llama, llama.NAMES),
)


def from_directory(path: str | Path) -> nn.Module:
    """The model of a folder, its numbers in the type that they have there.

    A stack without a head gets that of a language model where the two are
    tied.

    Raises:
        ValueError: if the configuration is none that can be loaded, if a file
            is missing or broken, or if tensors are missing, not expected or
            misshapen, all of which are listed.
    """
    path = Path(path)
    reading = families.read(path)
    if reading.family not in FAMILIES:
        raise ValueError(
            f"model_type={reading.family!r} of {path} cannot be loaded: one "
            f"of {', '.join(FAMILIES)} can"
        )
    build, names = FAMILIES[reading.family]
    _check_only(path, ONLY | names.only)
    heads = reading.config.heads or ("lm",)
    config = replace(reading.config, heads=heads)
    config, tensors = _without_copies(config, names, _tensors(path))
    with _Unset():
        model = build(config)
    ours = model.state_dict()
    places = names.places(config, frozenset(tensors))
    if wrong := _complaints(places, tensors, ours):
        raise ValueError(f"{path} does not hold {config.name}: {wrong}")
    state = {}
    for name in [*tensors]:
        _put(tensors.pop(name), places[name], ours, state)
    model.load_state_dict(state, assign=True)
    return model


def _check_only(path: Path, only: Mapping[str, object]) -> None:
    """Refuse what the model would compute in another way than ours."""
    said = json.loads((path / "config.json").read_text("utf8"))
    for key, value in only.items():
        if said.get(key, value) != value:
            raise ValueError(
                f"{key}={said[key]!r} of {path} must be {value!r}"
            )


class _Unset(TorchFunctionMode):
    """Leaves new parameters as they are, since their numbers follow."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Skip what initialises."""
        if getattr(func, "__module__", None) == "torch.nn.init":
            return None
        if func in (Tensor.uniform_, Tensor.normal_):
            return args[0]
        return func(*args, **(kwargs or {}))


def _tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a folder, under the names they have there."""
    tensors = {}
    for file in _files(path):
        if not file.is_file():
            raise ValueError(f"{file} is missing, and {INDEX} names it")
        try:
            tensors |= load_file(file)
        except SafetensorError as error:
            reason = " ".join(str(error).split())
            raise ValueError(
                f"{file} must be a whole safetensors file: {reason}"
            ) from None
    return tensors


def _files(path: Path) -> list[Path]:
    """The files that hold a folder's tensors."""
    if (path / WEIGHTS).is_file():
        return [path / WEIGHTS]
    if (path / INDEX).is_file():
        return [path / shard for shard in _shards(path / INDEX)]
    for name in PICKLES:
        if (path / name).is_file():
            raise ValueError(
                f"{path / name} is a pickle, which can run any code as it is "
                f"opened, and is not read: {WEIGHTS} is needed"
            )
    raise ValueError(f"{path} must have {WEIGHTS} or {INDEX}")


def _shards(index: Path) -> list[str]:
    """The names of the files that an index lists."""
    try:
        weight_map = json.loads(index.read_text())["weight_map"]
        shards = sorted({*weight_map.values()})
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ValueError(
            f"{index} must be JSON with a weight_map of files"
        ) from None
    for shard in shards:
        if Path(shard).name != shard:
            raise ValueError(f"{shard!r} in {index} must be a file beside it")
    return shards


def _without_copies(
    config: Config, names: Names, tensors: Mapping[str, Tensor]
) -> tuple[Config, dict[str, Tensor]]:
    """The tensors under the table's names, each once, and no buffers.

    As in the library, a copy that differs from what it should repeat shows
    that the two are not tied, whatever the configuration says.
    """
    config = replace(config, tied=config.tied or names.always_tied)
    places = names.places(config, frozenset(tensors))
    known = frozenset((*places, *names.copies))
    found = {names.full(name, known): x for name, x in tensors.items()}
    found = {n: x for n, x in found.items() if not names.is_computed(n)}
    for copy, name in names.copies.items():
        if copy in places or copy not in found:
            continue
        if name not in found or torch.equal(found[copy], found[name]):
            found.setdefault(name, found[copy])
            del found[copy]
        else:
            config = replace(config, tied=False)
    return config, found


def _complaints(
    places: Mapping[str, Place],
    tensors: Mapping[str, Tensor],
    ours: Mapping[str, Tensor],
) -> str:
    """What is wrong with the tensors of a checkpoint, by name."""
    missing = ", ".join(name for name in places if name not in tensors)
    extra = ", ".join(sorted(name for name in tensors if name not in places))
    wrong = [f"missing {missing}"] * bool(missing)
    wrong += [f"not expected {extra}"] * bool(extra)
    for name in filter(tensors.__contains__, places):
        shape = tuple(tensors[name].shape)
        place = places[name]
        expected = place.shape(tuple(ours[place.ours[0]].shape))
        if shape != expected:
            wrong.append(f"{name} is {shape} and must be {expected}")
        elif not tensors[name].is_floating_point():
            dtype = tensors[name].dtype
            wrong.append(f"{name} is {dtype} and must be floating-point")
    return "; ".join(wrong)


def _put(
    theirs: Shaped[Tensor, "..."],
    place: Place,
    ours: Mapping[str, Tensor],
    state: dict[str, Tensor],
) -> None:
    """Copy the numbers of one of their tensors to where they belong."""
    for name, piece in zip(place.ours, place.pieces(theirs), strict=True):
        if place.index is None:
            state[name] = piece.clone(memory_format=torch.contiguous_format)
            continue
        if name not in state:
            state[name] = torch.empty_like(ours[name], dtype=theirs.dtype)
        state[name][place.index] = piece
