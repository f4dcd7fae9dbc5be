"""Each weight is moved by the optimiser that is meant for it."""

from dataclasses import replace

import pytest

from tests.trained import TOY, toy_run
from xfmr.train import schedule
from xfmr.train.optimisers import factors, optimisers


def groups(**fields):
    run = toy_run(**fields)
    names = {p: name for name, p in run.model.named_parameters()}
    found = [
        (type(optimiser).__name__, group, [names[p] for p in group["params"]])
        for optimiser in optimisers(run.model, run.recipe)
        for group in optimiser.param_groups
    ]
    every = [name for _, _, members in found for name in members]
    assert sorted(every) == sorted(names.values())
    return found


def test_vectors_have_no_decay():
    fields = {"learning_rate": 0.5, "weight_decay": 0.25, "beta2": 0.875}
    matrices, vectors = groups(**fields)
    for kind, group, _ in (matrices, vectors):
        assert kind == "AdamW" and group["fused"]
        assert group["betas"] == (0.9, 0.875)
        assert group["lr"] == group["peak"] == 0.5
    assert matrices[1]["weight_decay"] == 0.25
    assert vectors[1]["weight_decay"] == 0
    assert all(name.endswith("weight") for name in matrices[2])
    assert all(name.endswith(("bias", "gain")) for name in vectors[2])


def test_muon_moves_the_matrices_of_blocks():
    fields = {"optimiser": "muon", "muon_rate": 0.5, "weight_decay": 0.25}
    inside, tables, vectors = groups(**fields)
    assert [kind for kind, *_ in (inside, tables, vectors)] == [
        *("Muon", "AdamW", "AdamW"),
    ]
    assert inside[1]["lr"] == inside[1]["peak"] == 0.5
    assert inside[1]["weight_decay"] == 0.25
    assert len(inside[2]) == 2 * 6
    assert tables[1]["peak"] == 3e-3
    assert tables[2] == ["embedding.token.weight", "embedding.position.weight"]


@pytest.mark.parametrize("name", ["cosine", "linear"])
def test_schedules_by_name(name):
    recipe = replace(TOY, schedule=name, n_steps=50, warmup=0.2, floor=0.25)
    expected = getattr(schedule, name)(n_steps=50, n_warmup=10, least=0.25)
    found = factors(recipe)
    assert [found(n) for n in range(51)] == [expected(n) for n in range(51)]
    assert found(50) == 0.25


@pytest.mark.parametrize(("warmup", "n_fall"), [(0.2, 15), (0.9, 5)])
def test_a_plateau(warmup, n_fall):
    recipe = replace(TOY, schedule="wsd", n_steps=50, warmup=warmup, fall=0.3)
    expected = schedule.wsd(
        n_steps=50, n_warmup=round(50 * warmup), n_fall=n_fall, least=0.1
    )
    found = factors(recipe)
    assert [found(n) for n in range(51)] == [expected(n) for n in range(51)]
