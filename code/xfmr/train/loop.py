"""The run: step after step, from a recipe and what it learns from.

A step reads B rows of T tokens. Its loss is the mean over all targets of the
step, whether the rows go through the model at once, in turns, or in several
processes: each part divides its sum by the targets of the whole.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.nn.utils import clip_grad_norm_
from torch.utils.checkpoint import checkpoint

from xfmr.data.loader import Loader, in_order
from xfmr.data.packing import IGNORED
from xfmr.models.gpt import GPT
from xfmr.train.evaluate import evaluate, total
from xfmr.train.initial import initialise
from xfmr.train.log import Row
from xfmr.train.material import Material
from xfmr.train.optimisers import factors, optimisers
from xfmr.train.parallel import ALONE, Ranks, like, whole
from xfmr.train.recipe import Recipe

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Run:
    """A model while it learns.

    Args:
        recipe: how it goes.
        material: what it learns from.
        model: another than the recipe's GPT: from tokens to logits.
        ranks: which share of the rows this process reads.

    Raises:
        ValueError: if the recipe asks for what the engine cannot do.
    """

    def __init__(
        self,
        recipe: Recipe,
        material: Material,
        *,
        model: nn.Module | None = None,
        ranks: Ranks = ALONE,
    ):
        _check(recipe, ranks)
        self.recipe, self.material, self.ranks = recipe, material, ranks
        if model is None:
            config = recipe.config(vocab_size=material.tokenizer.vocab_size)
            model = initialise(GPT(config, fused=True), seed=recipe.seed)
        self.model = model.to(ranks.device)
        if recipe.recompute:
            for block in model.blocks:
                block.forward = partial(
                    checkpoint, block.forward, use_reentrant=False
                )
        self.net = ranks.shared(self.model)
        self.optimisers = optimisers(self.model, recipe)
        self.factor = factors(recipe)
        self.scaler = GradScaler(
            ranks.device.type, enabled=recipe.precision == "fp16"
        )
        self.loader = Loader(
            material.train,
            batch_size=ranks.rows(recipe.batch_size),
            n_tokens=recipe.context_length,
            seed=recipe.seed,
            rank=ranks.rank,
            n_ranks=ranks.n_ranks,
        )
        self.n_done = 0

    def train(self, n_steps: int | None = None) -> Iterator[Row]:
        """A row for each step, up to that number or the recipe's end.

        Where the recipe asks for it, and at its end, a row has the held-out
        loss too.
        """
        end = self.recipe.n_steps if n_steps is None else n_steps
        while self.n_done < end:
            yield self.step() | self.due()

    def step(self) -> Row:
        """Learn from one batch; its loss, before the step, in nats."""
        rate = self.factor(self.n_done + 1)
        for optimiser in self.optimisers:
            optimiser.zero_grad()
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * rate
        loss = self.ranks.sum(self.backward(*next(self.loader)).item())
        norm = self._update()
        self.n_done += 1
        return {
            "step": self.n_done,
            "tokens": self.n_done * self.recipe.n_tokens,
            "loss": loss,
            "learning_rate": rate * self.recipe.learning_rate,
            "gradient_norm": norm,
        }

    def backward(
        self, tokens: Int[Tensor, "B T"], targets: Int[Tensor, "B T"]
    ) -> Tensor:
        """Add a batch's gradients; this process's part of its mean loss.

        Args:
            tokens: the rows of this process; others have others.
        """
        ranks, size = self.ranks, self.recipe.micro_batch
        n_targets = ranks.sum(int((targets != IGNORED).sum()))
        both = tokens.to(ranks.device), targets.to(ranks.device)
        parts = [x.split(size) for x in both]
        loss = torch.zeros((), device=ranks.device)
        for n, part in enumerate(zip(*parts, strict=True), 1):
            with ranks.adding(self.net, last=n == len(parts[0])):
                with self._autocast():
                    share = total(self.net, *part) / n_targets
                # engines take the mean of what processes found
                self.scaler.scale(share * ranks.n_ranks).backward()
            loss += share.detach()
        return loss

    def _update(self) -> float:
        """Move the weights; the norm that their gradient had."""
        for optimiser in self.optimisers:
            self.scaler.unscale_(optimiser)
        params = self.model.parameters()
        norm = whole(clip_grad_norm_(params, self.recipe.clip))
        for optimiser in self.optimisers:
            self.scaler.step(optimiser)
        self.scaler.update()
        return norm.item()

    def _autocast(self) -> AbstractContextManager:
        if self.recipe.precision == "fp32":
            return nullcontext()
        kind = DTYPES[self.recipe.precision]
        return torch.autocast(self.ranks.device.type, kind)

    def due(self) -> Row:
        """An evaluation, if the recipe asks for one after this step."""
        recipe = self.recipe
        last = self.n_done == recipe.n_steps
        if last or self.n_done % recipe.evaluate_every == 0:
            return self.evaluate()
        return {}

    def evaluate(self) -> Row:
        """The loss on the held-out text: in nats per token, as `held_out`,
        and in bits per byte. Every process reads all of it."""
        recipe, T = self.recipe, self.recipe.context_length
        batches = in_order(
            self.material.held_out[: recipe.n_evaluated * T + 1],
            batch_size=recipe.micro_batch,
            n_tokens=T,
        )
        device = self.ranks.device
        return evaluate(
            self.model,
            (tuple(x.to(device) for x in batch) for batch in batches),
            token_bytes=self.material.token_bytes.to(device),
        )

    def weights(self) -> dict[str, Tensor]:
        """The model's tensors, whole."""
        return {
            name: whole(p.detach())
            for name, p in self.model.named_parameters()
        }

    def state(self) -> tuple[dict[str, Tensor], dict[str, object]]:
        """All that a run of the same recipe needs to go on from here."""
        names = {p: name for name, p in self.model.named_parameters()}
        tensors = {f"model.{name}": x for name, x in self.weights().items()}
        for optimiser in self.optimisers:
            for p, kept in optimiser.state.items():
                for key, x in kept.items():
                    tensors[f"optimiser.{names[p]}:{key}"] = whole(x)
        tensors["rng.cpu"] = torch.get_rng_state()
        if self.ranks.device.type == "cuda":
            tensors["rng.cuda"] = torch.cuda.get_rng_state()
        return tensors, {
            "step": self.n_done,
            "loader": self.loader.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    @torch.no_grad()
    def restore(
        self, tensors: dict[str, Tensor], facts: dict[str, object]
    ) -> None:
        """Go on from a state that another run was in."""
        named = dict(self.model.named_parameters())
        for name, p in named.items():
            p.copy_(like(tensors[f"model.{name}"], p))
        owner = {
            p: optimiser
            for optimiser in self.optimisers
            for group in optimiser.param_groups
            for p in group["params"]
        }
        for name, x in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimiser":
                of, _, key = rest.rpartition(":")
                p = named[of]
                owner[p].state[p][key] = like(x, p)
        torch.set_rng_state(tensors["rng.cpu"])
        if self.ranks.device.type == "cuda" and "rng.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["rng.cuda"])
        self.loader.load_state_dict(facts["loader"])
        self.scaler.load_state_dict(facts["scaler"])
        self.n_done = facts["step"]


def _check(recipe: Recipe, ranks: Ranks) -> None:
    if ranks.n_ranks == 1 or ranks.engine == "ddp":
        return
    if recipe.precision == "fp16":
        raise ValueError(
            "precision='fp16' needs engine='ddp': with fsdp each process "
            "would judge by its part alone whether a gradient is finite"
        )
    if recipe.optimiser == "muon":
        raise ValueError(
            "optimiser='muon' needs engine='ddp': with fsdp no process has "
            "a whole matrix"
        )
