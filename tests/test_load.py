"""What a folder must hold to be loaded, and what its error says."""

import json
from contextlib import suppress

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.checkpoints import GPT2, checkpoint
from xfmr.models import load
from xfmr.models.load import from_directory
from xfmr.models.names import Names, Place, bert, gpt2, modules

OPT = {
    "model_type": "opt",
    "architectures": ["OPTForCausalLM"],
    "vocab_size": 11,
    "hidden_size": 6,
    "ffn_dim": 10,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 7,
    "word_embed_proj_dim": 6,
}
TOKENS = torch.tensor([[1, 5, 3]])


@pytest.fixture
def folder(tmp_path):
    return checkpoint(tmp_path)


def changed(folder, **changes):
    """The folder with tensors replaced, or without those that are None."""
    numbers = load_file(folder / load.WEIGHTS)
    for name, tensor in changes.items():
        numbers[name] = tensor
    kept = {name: x for name, x in numbers.items() if x is not None}
    save_file(kept, folder / load.WEIGHTS)
    return folder


def refusal(folder):
    """What is said of a folder that is not loaded."""
    with pytest.raises(ValueError) as error:
        from_directory(folder)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_each_number_is_where_it_belongs(folder):
    ours, theirs = from_directory(folder), load_file(folder / load.WEIGHTS)
    state = ours.state_dict()
    fused = theirs["h.1.attn.c_attn.weight"]
    for n, x in enumerate("qkv"):
        columns = slice(6 * n, 6 * n + 6)
        weight = state[f"blocks.1.attention.w_{x}.weight"]
        bias = state[f"blocks.1.attention.w_{x}.bias"]
        assert torch.equal(weight, fused[:, columns].T)
        assert torch.equal(bias, theirs["h.1.attn.c_attn.bias"][columns])
        assert weight.is_contiguous()
    assert torch.equal(
        state["blocks.0.feed_forward.w_in.weight"],
        theirs["h.0.mlp.c_fc.weight"].T,
    )
    assert sum(x.numel() for x in state.values()) == sum(
        x.numel() for x in theirs.values()
    )
    owners = {x.untyped_storage().data_ptr() for x in state.values()}
    assert len(owners) == len(state)  # no tensor is a view of another


def test_nothing_random_is_drawn(folder):
    torch.manual_seed(0)
    from_directory(folder)
    drawn = torch.rand(3)
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(3))


def test_what_computes_afterwards_is_initialised_as_ever(folder):
    from_directory(folder)
    assert torch.nn.Linear(3, 3).weight.abs().max() <= 3**-0.5


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_numbers_keep_their_type(folder, dtype):
    numbers = load_file(folder / load.WEIGHTS)
    save_file(
        {name: x.to(dtype) for name, x in numbers.items()},
        folder / load.WEIGHTS,
    )
    ours = from_directory(str(folder))
    assert {p.dtype for p in ours.parameters()} == {dtype}
    assert all(p.requires_grad for p in ours.parameters())


@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_copies_and_buffers_are_no_surprise(folder, prefix):
    plain = from_directory(folder)(TOKENS)
    numbers = load_file(folder / load.WEIGHTS)
    named = {prefix + name: x for name, x in numbers.items()}
    named["lm_head.weight"] = numbers["wte.weight"].clone()
    for n in range(2):
        named[f"{prefix}h.{n}.attn.bias"] = torch.ones(1, 1, 7, 7)
        named[f"{prefix}h.{n}.attn.masked_bias"] = torch.tensor(-1e4)
    save_file(named, folder / load.WEIGHTS)
    assert torch.equal(from_directory(folder)(TOKENS), plain)


def test_a_copy_stands_in_for_its_original(folder):
    plain = from_directory(folder)(TOKENS)
    numbers = load_file(folder / load.WEIGHTS)
    changes = {"wte.weight": None, "lm_head.weight": numbers["wte.weight"]}
    assert torch.equal(
        from_directory(changed(folder, **changes))(TOKENS), plain
    )


def test_a_copy_that_differs_is_no_copy(folder):
    changed(folder, **{"lm_head.weight": torch.zeros(11, 6)})
    assert "tied=False" in refusal(folder)


def test_all_that_is_wrong_is_listed_by_name(folder):
    changed(
        folder,
        **{
            "wpe.weight": None,
            "h.1.ln_2.bias": None,
            "h.2.ln_1.weight": torch.ones(6),
            "surprise": torch.ones(2),
            "h.0.mlp.c_fc.weight": torch.ones(10, 6),
            "h.1.attn.c_attn.bias": torch.ones(17),
            "ln_f.bias": torch.ones(6, dtype=torch.int8),
        },
    )
    assert refusal(folder).split(": ", 1)[1] == (
        "missing transformer.wpe.weight, transformer.h.1.ln_2.bias; "
        "not expected h.2.ln_1.weight, surprise; "
        "transformer.ln_f.bias is torch.int8 and must be floating-point; "
        "transformer.h.0.mlp.c_fc.weight is (10, 6) and must be (6, 10); "
        "transformer.h.1.attn.c_attn.bias is (17,) and must be (18,)"
    )


def test_an_error_names_the_folder(folder):
    changed(folder, surprise=torch.ones(2))
    assert refusal(folder).startswith(f"{folder} does not hold ")


def sharded(folder, names=None):
    """The same numbers in two files and an index."""
    numbers = load_file(folder / load.WEIGHTS)
    (folder / load.WEIGHTS).unlink()
    shards = names or ("one.safetensors", "two.safetensors")
    where = {name: shards[n % 2] for n, name in enumerate(numbers)}
    for shard in shards:
        part = {n: x for n, x in numbers.items() if where[n] == shard}
        with suppress(OSError):
            save_file(part, folder / shard)
    (folder / load.INDEX).write_text(json.dumps({"weight_map": where}))
    return folder


def test_shards_hold_the_same(folder):
    plain = from_directory(folder)(TOKENS)
    assert torch.equal(from_directory(sharded(folder))(TOKENS), plain)


def test_one_file_is_preferred_to_shards(folder):
    plain = from_directory(folder)(TOKENS)
    whole = (folder / load.WEIGHTS).read_bytes()
    sharded(folder)
    for shard in ("one", "two"):
        (folder / f"{shard}.safetensors").unlink()
    (folder / load.WEIGHTS).write_bytes(whole)
    assert torch.equal(from_directory(folder)(TOKENS), plain)


def test_a_missing_shard(folder):
    (sharded(folder) / "two.safetensors").unlink()
    assert refusal(folder) == (
        f"{folder}/two.safetensors is missing, and "
        "model.safetensors.index.json names it"
    )


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"weight_map": 3}'])
def test_an_index_that_is_none(folder, text):
    (sharded(folder) / load.INDEX).write_text(text)
    assert refusal(folder) == (
        f"{folder}/model.safetensors.index.json must be JSON with a "
        "weight_map of files"
    )


@pytest.mark.parametrize("name", ["../one.safetensors", "/one.safetensors"])
def test_an_index_that_leads_elsewhere(folder, name):
    sharded(folder, (name, "two.safetensors"))
    assert refusal(folder) == (
        f"{name!r} in {folder}/model.safetensors.index.json must be a file "
        "beside it"
    )


@pytest.mark.parametrize("n_bytes", [0, 5, 100, -1])
def test_a_truncated_file(folder, n_bytes):
    file = folder / load.WEIGHTS
    file.write_bytes(file.read_bytes()[:n_bytes])
    assert refusal(folder).startswith(
        f"{file} must be a whole safetensors file: "
    )


@pytest.mark.parametrize("name", load.PICKLES)
def test_a_pickle_is_not_opened(folder, name):
    (folder / load.WEIGHTS).unlink()
    (folder / name).write_bytes(b"not even a pickle")
    assert refusal(folder) == (
        f"{folder / name} is a pickle, which can run any code as it is "
        "opened, and is not read: model.safetensors is needed"
    )


def test_a_pickle_beside_safetensors_is_not_minded(folder):
    plain = from_directory(folder)(TOKENS)
    (folder / load.PICKLES[0]).write_bytes(b"not even a pickle")
    assert torch.equal(from_directory(folder)(TOKENS), plain)


def test_a_folder_without_numbers(folder):
    (folder / load.WEIGHTS).unlink()
    assert refusal(folder) == (
        f"{folder} must have model.safetensors or model.safetensors.index.json"
    )


def test_a_family_that_has_no_model(folder):
    config = OPT
    (folder / "config.json").write_text(json.dumps(config))
    assert refusal(folder) == (
        f"model_type='opt' of {folder} cannot be loaded: one of "
        f"{', '.join(load.FAMILIES)} can"
    )


@pytest.mark.parametrize(
    ("key", "value", "known"),
    [
        ("scale_attn_weights", False, True),
        ("scale_attn_by_inverse_layer_idx", True, False),
        ("quantization_config", {"bits": 4}, None),
    ],
)
def test_what_our_models_compute_in_one_way(folder, key, value, known):
    file = folder / "config.json"
    file.write_text(json.dumps(GPT2 | {key: known}))
    from_directory(folder)
    file.write_text(json.dumps(GPT2 | {key: value}))
    assert refusal(folder) == f"{key}={value!r} of {folder} must be {known!r}"


# The tables -----------------------------------------------------------------


def test_a_place_of_several():
    place = Place(("a", "b", "c"), "part o i -> i (part o)")
    assert place.shape((2, 5)) == (5, 6)
    theirs = torch.arange(30.0).reshape(5, 6)
    a, b, c = place.pieces(theirs)
    assert torch.equal(torch.cat((a, b, c)).T, theirs)


def test_a_place_in_a_row():
    place = Place(("a",), index=2)
    assert place.shape((4, 5, 3)) == (5, 3)
    theirs = torch.randn(5, 3)
    assert torch.equal(place.pieces(theirs), theirs[None])


def test_modules_have_weights_and_some_have_biases():
    pairs = {"other": "own", "LayerNorm": "own_norm"}
    weights = {
        "x.other.weight": Place(("y.own.weight",), "1 o i -> i o"),
        "x.LayerNorm.weight": Place(("y.own_norm.gain",), "1 o i -> i o"),
    }
    biases = {
        "x.other.bias": Place(("y.own.bias",)),
        "x.LayerNorm.bias": Place(("y.own_norm.bias",)),
    }
    named = {"theirs": "x.", "ours": "y.", "pattern": "1 o i -> i o"}
    assert modules(pairs, **named) == weights
    assert modules(pairs, **named, bias=True) == weights | biases


def test_names_of_old_files():
    known = frozenset(["bert.embeddings.LayerNorm.weight"])
    for name in (
        "bert.embeddings.LayerNorm.gamma",
        "embeddings.LayerNorm.gamma",
    ):
        assert (
            bert.NAMES.full(name, known) == "bert.embeddings.LayerNorm.weight"
        )
    assert bert.NAMES.full("x.LayerNorm.beta", known) == "x.LayerNorm.bias"


def test_buffers_are_known_by_name():
    assert bert.NAMES.is_computed("bert.embeddings.position_ids")
    assert gpt2.NAMES.is_computed("h.11.attn.bias")
    assert gpt2.NAMES.is_computed("transformer.h.0.attn.masked_bias")
    assert not gpt2.NAMES.is_computed("h.0.attn.c_attn.bias")
    assert not Names(places=dict).is_computed("x")
