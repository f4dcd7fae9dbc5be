"""A step is what a plain loop does, whole or in parts, and goes on exactly."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from tests.trained import SOURCE, TOY, losses, toy_run
from xfmr.data.loader import Loader, in_order
from xfmr.data.packing import IGNORED
from xfmr.models.gpt import GPT
from xfmr.train.evaluate import evaluate
from xfmr.train.initial import initialise
from xfmr.train.loop import Run
from xfmr.train.material import of_source
from xfmr.train.optimisers import factors
from xfmr.train.parallel import Ranks


def plain_losses(recipe):
    """The losses of a loop that knows nothing of ours but the rows."""
    found = of_source(recipe, SOURCE)
    config = recipe.config(vocab_size=256)
    model = initialise(GPT(config), seed=recipe.seed)
    matrices = [p for p in model.parameters() if p.ndim == 2]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    optimiser = torch.optim.AdamW(
        [{"params": matrices}, {"params": vectors, "weight_decay": 0}],
        lr=recipe.learning_rate,
        betas=(0.9, recipe.beta2),
        weight_decay=recipe.weight_decay,
    )
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: factors(recipe)(step + 1)
    )
    sizes = {"batch_size": recipe.batch_size, "n_tokens": 8, "seed": 0}
    loader = Loader(found.train, **sizes)
    for _ in range(recipe.n_steps):
        tokens, targets = next(loader)
        loss = cross_entropy(model(tokens).flatten(0, 1), targets.flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        rate.step()
        yield loss.item()


def test_losses_are_those_of_a_plain_loop():
    recipe = replace(TOY, learning_rate=0.02, weight_decay=0.5, clip=0.3)
    run = Run(recipe, of_source(recipe, SOURCE))
    found = [*run.train()]
    assert losses(found) == pytest.approx([*plain_losses(recipe)], rel=1e-4)
    assert found[-1]["loss"] < found[0]["loss"] - 0.5
    assert max(row["gradient_norm"] for row in found) > 0.3


def test_what_a_row_says():
    run = toy_run(n_steps=6, warmup=0.5)
    found = [*run.train()]
    assert [row["step"] for row in found] == [1, 2, 3, 4, 5, 6]
    assert [row["tokens"] for row in found] == [48 * n for n in range(1, 7)]
    rates = [row["learning_rate"] / 3e-3 for row in found]
    assert rates == [factors(run.recipe)(n) for n in range(1, 7)]
    assert rates[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert rates[-1] == pytest.approx(0.1)
    assert ["held_out" in row for row in found] == [0, 0, 0, 1, 0, 1]
    assert run.evaluate().items() <= found[-1].items()


def test_as_many_steps_as_asked_for():
    run = toy_run()
    assert len([*run.train(3)]) == run.n_done == 3
    assert [*run.train(0)] == []
    assert len([*run.train()]) == 5


def test_what_an_evaluation_is():
    run = toy_run()
    held_out = run.material.held_out[: 5 * 8 + 1]
    batches = in_order(held_out, batch_size=6, n_tokens=8)
    one = torch.ones(256, dtype=int)
    expected = evaluate(run.model, batches, token_bytes=one)
    assert run.evaluate() == expected
    assert run.due() != {}  # step 0 is a multiple
    run.n_done = 3
    assert run.due() == {}


# A batch in parts ------------------------------------------------------------


@pytest.mark.parametrize("micro_batch", [1, 2, 4, 5])
def test_parts_give_the_gradients_of_the_whole(micro_batch):
    recipe = replace(TOY, micro_batch=micro_batch)
    config = recipe.config(vocab_size=256)
    model = initialise(GPT(config).double(), seed=0)
    run = Run(recipe, of_source(recipe, SOURCE), model=model)
    tokens, targets = next(run.loader)
    targets = targets.clone()
    for row, n_ignored in enumerate([0, 7, 3, 8, 1, 5]):
        targets[row, :n_ignored] = IGNORED
    loss = run.backward(tokens, targets)
    parts = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    whole = cross_entropy(model(tokens).flatten(0, 1), targets.flatten())
    whole.backward()
    torch.testing.assert_close(loss.double(), whole, rtol=1e-6, atol=0)
    for part, p in zip(parts, model.parameters(), strict=True):
        torch.testing.assert_close(part, p.grad)


def test_blocks_that_run_again_give_the_same():
    kept, again = toy_run(), toy_run(recompute=True)
    n_calls = []
    for run in (kept, again):
        calls = []
        norm = run.model.blocks[0].attention_norm
        norm.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        n_calls.append(calls)
    assert losses(kept.train(2)) == losses(again.train(2))
    assert [len(calls) for calls in n_calls] == [2, 4]


# Precision -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [
        ("fp32", torch.float32),
        ("bf16", torch.bfloat16),
        ("fp16", torch.float16),
    ],
)
def test_matrices_are_multiplied_in_the_precision(precision, dtype):
    run, seen = toy_run(precision=precision), set()
    w_q = run.model.blocks[0].attention.w_q
    w_q.register_forward_hook(lambda *args: seen.add(args[-1].dtype))
    found = [*run.train(3)]
    assert seen == {dtype}
    assert w_q.weight.dtype == torch.float32
    plain = [*toy_run().train(3)]
    assert losses(found) == pytest.approx(losses(plain), rel=2e-3)
    norms = [[row["gradient_norm"] for row in some] for some in (found, plain)]
    assert norms[0] == pytest.approx(norms[1], rel=2e-2)
    evaluated = run.evaluate()
    seen.clear()
    assert evaluated == run.evaluate()
    assert seen == {torch.float32}


def test_a_step_that_overflows_is_left_out_and_the_scale_halved():
    run = toy_run(precision="fp16")
    assert run.scaler.get_scale() == 2**16
    state = run.scaler.state_dict()
    run.scaler.load_state_dict(state | {"scale": 2.0**40})
    before = [p.clone() for p in run.model.parameters()]
    row = run.step()
    assert not row["gradient_norm"] < float("inf")
    for old, p in zip(before, run.model.parameters(), strict=True):
        assert torch.equal(old, p)
    assert run.scaler.get_scale() == 2.0**39
    run.scaler.update(2.0**10)
    run.step()
    assert not torch.equal(before[0], next(run.model.parameters()))


def test_other_precisions_are_not_scaled():
    assert not toy_run(precision="bf16").scaler.is_enabled()


# Going on --------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"optimiser": "muon", "schedule": "wsd"},
        {"precision": "fp16", "micro_batch": 4, "schedule": "linear"},
    ],
)
def test_a_run_goes_on_to_the_last_bit(fields):
    whole, first, second = (toy_run(**fields) for _ in range(3))
    expected = [*whole.train()]
    found = [*first.train(3)]
    for p in second.model.parameters():
        nn.init.constant_(p, 9.0)
    tensors, facts = first.state()
    second.restore({n: x.clone() for n, x in tensors.items()}, facts)
    found += second.train()
    assert found == expected
    for a, b in zip(
        whole.model.parameters(), second.model.parameters(), strict=True
    ):
        assert torch.equal(a, b)


def test_a_state_holds_the_chances_to_come():
    run = toy_run()
    torch.manual_seed(5)
    state = run.state()
    expected = torch.rand(3)
    run.restore(*state)
    assert torch.equal(torch.rand(3), expected)


def test_another_model_may_take_the_gpts_place():
    class Bigram(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(256, 256)
            nn.init.zeros_(self.table.weight)

        def forward(self, tokens):
            return self.table(tokens)

    recipe = replace(TOY, learning_rate=0.1)
    run = Run(recipe, of_source(recipe, SOURCE), model=Bigram())
    found = losses(run.train())
    assert found[0] == pytest.approx(5.545, abs=1e-3)  # ln 256
    assert found[-1] < 5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"precision": "fp16"}, "precision='fp16' needs engine='ddp'"),
        ({"optimiser": "muon"}, "optimiser='muon' needs engine='ddp'"),
    ],
)
def test_what_parts_of_tensors_cannot_do(fields, message):
    ranks = Ranks(n_ranks=2, engine="fsdp")
    recipe = replace(TOY, **fields)
    with pytest.raises(ValueError, match=message):
        Run(recipe, of_source(recipe, SOURCE), ranks=ranks)


def test_a_recipe_is_all_that_decides():
    one, same = (toy_run(seed=4) for _ in range(2))
    torch.manual_seed(1)
    assert losses(one.train(2)) == losses(same.train(2))
    assert losses(toy_run(seed=4).train(2)) != losses(toy_run().train(2))
