"""Recipes are read as they were written, and refuse what cannot be run."""

import json
from dataclasses import asdict, fields, replace
from math import nan

import pytest

from xfmr import count
from xfmr.train.recipe import (
    MINI,
    OPTIMISERS,
    PRECISIONS,
    SCHEDULES,
    Recipe,
    named,
    read,
    values_of,
)


def test_the_mini_model():
    config = MINI.config(vocab_size=256)
    assert (MINI.n_layers, MINI.d_model, MINI.context_length) == (4, 128, 128)
    assert (config.d_head, config.d_ff, config.n_heads) == (32, 512, 4)
    assert config.context_length == 128
    assert config.tied and config.heads == ("lm",)
    # 12 D^2 a layer, biases and norms, both tables
    D = 128
    layer = 12 * D**2 + 9 * D + 4 * D
    assert count.parameters(config) == 4 * layer + 2 * D + (256 + 128) * D
    assert round(count.parameters(config) / 1e6, 1) == 0.8


def test_how_it_is_trained():
    sizes = ("n_layers", "d_model", "n_heads", "context_length", "vocab_size")
    rest = {k: v for k, v in asdict(MINI).items() if k not in sizes}
    assert rest == {
        **{"n_steps": 1000, "batch_size": 16, "micro_batch": 16, "seed": 0},
        **{"optimiser": "adamw", "learning_rate": 3e-3, "muon_rate": 2e-2},
        **{"beta2": 0.95, "weight_decay": 0.1, "clip": 1.0},
        **{"schedule": "cosine", "warmup": 0.1, "fall": 0.2, "floor": 0.1},
        **{"precision": "fp32", "recompute": False, "evaluate_every": 100},
        **{"n_evaluated": 128, "checkpoint_every": 100},
    }


def test_tokens_of_a_step():
    assert replace(MINI, batch_size=3, context_length=5).n_tokens == 15


def test_written_and_read(tmp_path):
    recipe = replace(MINI, learning_rate=0.1 + 0.2, recompute=True, seed=7)
    (tmp_path / "recipe.json").write_text(recipe.text())
    assert read(tmp_path / "recipe.json") == recipe
    assert json.loads(recipe.text()) == asdict(recipe)
    assert recipe.text().count("\n") == len(fields(Recipe)) + 2


def test_named_with_changes():
    words = ["n_steps=7", "learning_rate=1", "recompute=true", "clip=2.5"]
    assert named("mini", words) == replace(
        MINI, n_steps=7, learning_rate=1.0, recompute=True, clip=2.5
    )
    assert not named("mini", ["recompute=false"]).recompute
    assert named("mini", ["optimiser=muon"]).optimiser == "muon"


def test_values_of_a_field():
    assert values_of("d_model", "64,128") == [64, 128]
    assert values_of("learning_rate", "1e-3") == [1e-3]
    assert values_of("recompute", "true,false") == [True, False]


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("maxi", [], r"preset='maxi' must be one of \['mini'\]"),
        ("mini", ["depth=3"], "'depth=3' must name one of n_layers, d_model"),
        ("mini", ["n_steps=x"], "'n_steps=x' must have a value of .* int"),
        ("mini", ["clip="], "'clip=' must have a value of the type float"),
        ("mini", ["recompute=1"], "must have a value of the type bool"),
    ],
)
def test_words_that_are_refused(name, words, message):
    with pytest.raises(ValueError, match=message):
        named(name, words)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        *((name, 0, f"{name}=0 must be at least 1") for name in ("n_steps",)),
        ("batch_size", -1, "batch_size=-1 must be at least 1"),
        ("seed", -1, "seed=-1 must not be negative"),
        ("vocab_size", 255, "vocab_size=255 must be at least 256"),
        ("n_heads", 3, "n_heads=3 must divide d_model=128"),
        ("optimiser", "sgd", "optimiser='sgd' must be one of"),
        ("schedule", "flat", "schedule='flat' must be one of"),
        ("precision", "fp8", "precision='fp8' must be one of"),
        ("learning_rate", 0.0, "learning_rate=0.0 must be positive"),
        ("muon_rate", 0.0, "muon_rate=0.0 must be positive"),
        ("clip", 0.0, "clip=0.0 must be positive"),
        ("weight_decay", -0.1, "weight_decay=-0.1 must not be negative"),
        ("learning_rate", nan, "learning_rate=nan must be positive"),
        ("weight_decay", nan, "weight_decay=nan must not be negative"),
        ("warmup", nan, "warmup=nan must be from 0 to below 1"),
        ("beta2", 1.0, "beta2=1.0 must be from 0 to below 1"),
        ("warmup", -0.1, "warmup=-0.1 must be from 0 to below 1"),
        ("fall", 1.5, "fall=1.5 must be from 0 to below 1"),
        ("floor", 1.0, "floor=1.0 must be from 0 to below 1"),
    ],
)
def test_fields_that_are_refused(field, value, message):
    with pytest.raises(ValueError, match=message):
        replace(MINI, **{field: value})


def test_bounds_that_are_taken():
    zeros = dict.fromkeys(("beta2", "warmup", "fall"), 0.0)
    replace(MINI, **zeros, floor=0.0, weight_decay=0.0, n_steps=1, seed=0)


def test_choices():
    for name, known in {
        "optimiser": OPTIMISERS,
        "schedule": SCHEDULES,
        "precision": PRECISIONS,
    }.items():
        for value in known:
            assert getattr(replace(MINI, **{name: value}), name) == value


@pytest.mark.parametrize(
    "text", ["", "[]", '{"depth": 3}', '{"n_steps": 0}', '{"n_steps": "3"}']
)
def test_files_that_are_no_recipe(tmp_path, text):
    path = tmp_path / "recipe.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"recipe\.json must be a recipe: "):
        read(path)


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match=r"recipe\.json: No such file"):
        read(tmp_path / "recipe.json")
