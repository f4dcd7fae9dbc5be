"""The trace against torch's counter, hand-made tables, and bad hints."""

import inspect
import linecache
import sys
from dataclasses import replace

import pytest
import torch
from einops import einsum, rearrange, reduce, repeat
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

from xfmr import compute, count, trace
from xfmr.attention import attend
from xfmr.models.bert import Bert
from xfmr.presets import BERT_BASE

SIZES = {"D": 8, "H": 2}


def head(x, w_q, w_k, w_v):
    q = einsum(x, w_q, "T D, D H -> T H")
    k = einsum(x, w_k, "S D, D H -> S H")
    v = einsum(x, w_v, "S D, D H -> S H")
    return attend(q, k, v)


@pytest.fixture(scope="module")
def numbers():
    generator = torch.Generator().manual_seed(0)
    return lambda *shape: torch.randn(*shape, generator=generator)


@pytest.fixture(scope="module")
def run(numbers):
    weights = [numbers(8, 2) for _ in range(3)]
    return trace.follow(head, numbers(3, 8), *weights, sizes=SIZES)


def test_tensors_are_compared_and_shown_without_their_values(numbers, run):
    weights = [numbers(8, 2) for _ in range(3)]
    other = trace.follow(head, numbers(3, 8), *weights, sizes=SIZES)
    assert not torch.equal(other.output[0], run.output[0])
    assert other.tensors == run.tensors
    assert "tensor(" not in repr(run.tensors[0])
    assert replace(run.tensors[0], name="y") != run.tensors[0]


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.w_q = nn.Linear(48, 24)
        self.w_k = nn.Linear(48, 12)
        self.w_o = nn.Linear(24, 48)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        mask: Bool[Tensor, "T S"] | None = None,
    ) -> Float[Tensor, "B T D"]:
        memory = x
        q = rearrange(self.w_q(x), "B T (K G H) -> B K G T H", K=2, H=6)
        k = rearrange(self.w_k(memory), "B S (K H) -> B K 1 S H", K=2)
        mask = mask[..., None, None, :, :]
        scores = einsum(q, k, "... T H, ... S H -> ... T S")
        weights = scores.masked_fill(~mask, -1e9).softmax(dim=-1)
        heads = einsum(weights, k, "... T S, ... S H -> ... T H")
        return self.w_o(rearrange(heads, "B K G T H -> B T (K G H)"))


LAYER = {"D": 48, "K": 2, "G": 2, "H": 6}


@pytest.fixture(scope="module")
def layer_run():
    with torch.device("meta"):
        layer = Layer()
        x, mask = torch.empty(1, 5, 48), torch.ones(5, 5, dtype=torch.bool)
        return trace.follow(layer, x, mask=mask, sizes=LAYER)


def test_every_tensor_of_a_head(run):
    assert [
        (t.kind, t.name, t.axes, t.shape, t.bytes) for t in run.tensors
    ] == [
        ("input", "x", "T D", (3, 8), 96),
        ("input", "w_q", "D H", (8, 2), 64),
        ("input", "w_k", "D H", (8, 2), 64),
        ("input", "w_v", "D H", (8, 2), 64),
        ("result", "q", "T H", (3, 2), 24),
        ("result", "k", "S H", (3, 2), 24),
        ("result", "v", "S H", (3, 2), 24),
        ("result", "scores", "T S", (3, 3), 36),
        ("result", "scaled", "T S", (3, 3), 36),
        ("result", "weights", "T S", (3, 3), 36),
        ("result", "heads", "T H", (3, 2), 24),
    ]


def test_steps_of_a_head(run):
    assert [
        (s.operation, [t.name for t in s.inputs], s.result.name, s.flops)
        for s in run.steps
    ] == [
        ("einsum T D, D H -> T H", ["x", "w_q"], "q", 96),
        ("einsum S D, D H -> S H", ["x", "w_k"], "k", 96),
        ("einsum S D, D H -> S H", ["x", "w_v"], "v", 96),
        ("einsum ... T H, ... S H -> ... T S", ["q", "k"], "scores", 36),
        ("div", ["scores"], "scaled", 0),
        ("softmax", ["scaled"], "weights", 0),
        ("einsum ... T S, ... S H -> ... T H", ["weights", "v"], "heads", 36),
    ]
    assert run.flops == 360
    assert {step.parameters for step in run.steps} == {0}


def test_values_are_those_of_the_run(run):
    heads, weights = run.output
    assert run["heads"].value is heads
    assert run["weights"].value is weights
    assert torch.equal(run["q"].value, run["x"].value @ run["w_q"].value)


def test_the_line_is_the_one_that_made_it(run):
    for traced in run.tensors:
        if traced.kind == "result":
            name, _, line = traced.where.partition(":")
            path = inspect.unwrap(attend).__code__.co_filename
            if name == "test_trace.py":
                path = head.__code__.co_filename
            text = linecache.getline(path, int(line))
            assert traced.code in text
    assert run["scaled"].code == "scores / sqrt(q.shape[-1])"
    assert run["q"].code == 'einsum(x, w_q, "T D, D H -> T H")'
    assert run["weights"].where.startswith("xfmr/attention.py:")


def test_a_layer_on_meta(layer_run):
    assert [(t.kind, t.name, t.axes, t.shape) for t in layer_run.tensors] == [
        ("input", "x", "B T D", (1, 5, 48)),
        ("input", "mask", "T S", (5, 5)),
        ("parameter", "w_q.weight", "KGH D", (24, 48)),
        ("parameter", "w_q.bias", "KGH", (24,)),
        ("result", "w_q(x)", "B T KGH", (1, 5, 24)),
        ("result", "q", "B K G T H", (1, 2, 2, 5, 6)),
        ("parameter", "w_k.weight", "KH D", (12, 48)),
        ("parameter", "w_k.bias", "KH", (12,)),
        ("result", "w_k(memory)", "B S KH", (1, 5, 12)),
        ("result", "k", "B K 1 S H", (1, 2, 1, 5, 6)),
        ("result", "mask", "1 1 T S", (1, 1, 5, 5)),
        ("result", "scores", "B K G T S", (1, 2, 2, 5, 5)),
        ("result", "~mask", "1 1 T S", (1, 1, 5, 5)),
        (
            "result",
            "scores.masked_fill(~mask, -1000000000.0)",
            "B K G T S",
            (1, 2, 2, 5, 5),
        ),
        ("result", "weights", "B K G T S", (1, 2, 2, 5, 5)),
        ("result", "heads", "B K G T H", (1, 2, 2, 5, 6)),
        ("result", "rearrange(heads)", "B T KGH", (1, 5, 24)),
        ("parameter", "w_o.weight", "D KGH", (48, 24)),
        ("parameter", "w_o.bias", "D", (48,)),
        ("result", "output", "B T D", (1, 5, 48)),
    ]


def test_views_say_whose_memory_they_read(layer_run):
    shares = {t.name: t.shares for t in layer_run.tensors if t.shares}
    assert shares == {"q": "w_q(x)", "k": "w_k(memory)", "mask": "mask"}


def test_parameters_used_are_those_of_the_layer(layer_run):
    total = sum(step.parameters for step in layer_run.steps)
    assert total == 48 * (24 + 12 + 24) + 24 + 12 + 48


SMALL = replace(
    BERT_BASE,
    n_layers=1,
    d_model=48,
    n_heads=4,
    n_kv_heads=4,
    d_head=12,
    d_ff=80,
    vocab_size=100,
    context_length=32,
)


def test_a_model_against_the_formula_and_torch():
    with torch.device("meta"):
        model = Bert(SMALL)
        tokens = torch.zeros(1, 16, dtype=torch.int64)
        run = trace.follow(model, tokens, sizes=SMALL.axes)
        with FlopCounterMode(display=False) as counter:
            model(tokens)
    formula = compute.forward_flops(SMALL, n_tokens=16)
    assert run.flops == counter.get_total_flops() == formula
    used = {
        t.name: t.value.numel() for t in run.tensors if t.kind == "parameter"
    }
    assert sum(used.values()) == count.parameters(SMALL)
    assert run["embedding.token.weight"].axes == "V D"
    assert run["embedding.position.weight"].axes == "32 D"
    assert run["blocks.0.feed_forward.w_in.weight"].axes == "F D"
    assert run["blocks.0.attention.q"].part == "blocks.0.attention"
    parts = {step.result.part for step in run.steps}
    assert parts == {name for name, module in model.named_modules()} - set(
        name
        for name, module in model.named_modules()
        if isinstance(module, (nn.Linear, nn.Embedding, nn.ModuleList, Bert))
    )


@pytest.mark.parametrize(
    "product",
    [
        lambda a, b: a @ b.mT,
        lambda a, b: torch.matmul(a, b.transpose(1, 2)),
        lambda a, b: torch.bmm(a, b.mT),
        lambda a, b: nn.functional.linear(a, b[0]),
        lambda a, b: a[0].mT.__rmatmul__(b[0]),
        lambda a, b: torch.mm(a[0], b[0].T),
        lambda a, b: einsum(a, b, "B T D, B S D -> B T S"),
        lambda a, b: einsum(a, a, "... D, ... D -> ..."),
        lambda a, b: einsum(a, b, "B T D, B S D -> B T S D"),
        lambda a, b: einsum(a, "B T D -> B T"),
    ],
)
def test_products_count_as_in_torch(numbers, product):
    a, b = numbers(2, 5, 3), numbers(2, 7, 3)
    run = trace.follow(product, a, b, axes={"a": "B T D", "b": "B S D"})
    with FlopCounterMode(display=False) as counter:
        product(a, b)
    assert run.flops == counter.get_total_flops()


def test_fused_attention_counts_its_two_products(numbers):
    q, k, v = numbers(2, 3, 4, 8), numbers(2, 3, 6, 8), numbers(2, 3, 6, 5)
    axes = {"q": "B N T H", "k": "B N S H", "v": "B N S F"}
    fused = lambda q, k, v: scaled_dot_product_attention(q, k, v)
    run = trace.follow(fused, q, k, v, axes=axes)
    assert run.flops == 2 * 2 * 3 * 4 * 6 * (8 + 5)
    assert run["output"].axes == "B N T F"


def test_a_product_without_a_rule_is_refused(numbers):
    with pytest.raises(ValueError, match=r"no rule counts .* 'addmm'"):
        trace.follow(lambda x: torch.addmm(x, x, x), numbers(3, 3))


def follow_axes(function, x, axes, **options):
    run = trace.follow(function, x, axes={"x": axes}, **options)
    return run["output"].axes


@pytest.mark.parametrize(
    ("function", "axes"),
    [
        (lambda x: x * 2 + 1, "B T D"),
        (lambda x: 1 - x, "B T D"),
        (lambda x: x + x[0], "B T D"),
        (lambda x: x.mT, "B D T"),
        (lambda x: x.transpose(0, 1), "T B D"),
        (lambda x: x[0].T, "D T"),
        (lambda x: x[:, 0], "B D"),
        (lambda x: x[..., 0], "B T"),
        (lambda x: x[:, None], "B 1 T D"),
        (lambda x: x.unsqueeze(-1), "B T D 1"),
        (lambda x: x[:, :1], "B 1 D"),
        (lambda x: x.sum(-1), "B T"),
        (lambda x: x.mean(dim=(0, 1)), "D"),
        (lambda x: x.sum(1, keepdim=True), "B 1 D"),
        (lambda x: x.softmax(-1), "B T D"),
        (lambda x: torch.tril(x), "B T D"),
        (lambda x: x.masked_fill(x > 0, 0), "B T D"),
        (lambda x: x @ x.mT, "B T T"),
        (lambda x: x[0] @ x[0].T, "T T"),
        (lambda x: x[0] @ x[0, 0], "T"),
        (lambda x: torch.zeros_like(x), "B T D"),
        (lambda x: rearrange(x, "B T D -> (B T) D"), "BT D"),
        (lambda x: rearrange(x, "B T D -> B (T D)"), "B TD"),
        (lambda x: reduce(x, "... D -> ... 1", "mean"), "B T 1"),
        (lambda x: repeat(x, "B T D -> B T D K", K=6), "B T D K"),
        (lambda x: nn.functional.layer_norm(x, (4,)), "B T D"),
    ],
)
def test_letters_pass_through(numbers, function, axes):
    assert follow_axes(function, numbers(2, 3, 4), "B T D") == axes


def test_letters_come_from_what_reads_the_tensor(numbers):
    def split(x, w):
        flat = x @ w
        return rearrange(flat, "T (N H) -> N T H", N=2)

    x, w = numbers(3, 8), numbers(8, 8)
    run = trace.follow(split, x, w, axes={"x": "_ D"})
    assert run["flat"].axes == "T NH"
    assert run["output"].axes == "N T H"
    assert (run["x"].axes, run["w"].axes) == ("T D", "D NH")


def test_letters_come_from_annotations(numbers):
    run = trace.follow(annotated, numbers(1, 3, 4))
    assert run["x"].axes == "B T D"
    assert run["output"].axes == "1 V F"


def annotated(x: Float[Tensor, "B T D"]) -> Float[Tensor, "#B V F"] | None:
    return unchanged(x).reshape(1, 3, 4)


def unchanged(x: Float[Tensor, "*leading D"]):
    return x


def test_an_unnamed_axis_goes_by_its_size_if_that_is_no_coincidence(numbers):
    cut = lambda x: x.reshape(4, 6)
    x = numbers(24)
    assert follow_axes(cut, x, "V", sizes={"T": 4, "D": 6}) == "T D"
    assert follow_axes(cut, x, "V", sizes={"T": 4}) == "T 6"
    with pytest.raises(
        ValueError, match=r"output: size 6 could be any of \['D', 'F'\]"
    ):
        follow_axes(cut, x, "V", sizes={"T": 4, "D": 6, "F": 6})


def test_letters_must_multiply_out(numbers):
    for axes, message in {
        "T D": "x: axis T has size 4, not 3",
        "V NH": "x: axis NH has size 6, not 8",
        "V NF": "x: axis NF has size 6, not 4",
        "2 D": "x: axis 2 has size 4, not 2",
    }.items():
        with pytest.raises(ValueError, match=message):
            follow_axes(
                lambda x: x + 1,
                numbers(4, 6),
                axes,
                sizes={"T": 3, "N": 4, "H": 2},
            )


def test_a_hint_must_fit(numbers):
    with pytest.raises(ValueError, match="pattern='T D F' must name 2 axes"):
        follow_axes(lambda x: x + 1, numbers(4, 6), "T D F")
    with pytest.raises(ValueError, match=r"axes=\['y'\] name no tensor"):
        trace.follow(lambda x: x + 1, numbers(4), axes={"y": "T"})


def test_names(numbers):
    class Part(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Linear(4, 4, bias=False)
            self.register_buffer("shift", torch.ones(4))

        def forward(self, x):
            first, second = x.chunk(2)
            left, right = first + 1, second + 2
            if (both := left * right) is not None:
                total: Tensor = both.sum(0) + self.shift
            return self.w(total + 0)

    inner = Part()
    run = trace.follow(
        nn.ModuleDict({"part": inner})["part"], numbers(4, 4), axes=ALL_D
    )
    names = [t.name for t in run.tensors]
    assert names == [
        "x",
        "first",
        "second",
        "left",
        "right",
        "both",
        "both.sum(0)",
        "shift",
        "total",
        "total + 0",
        "w.weight",
        "output",
    ]
    assert run.flops == 2 * 4 * 4
    kinds = {t.name: t.kind for t in run.tensors}
    assert (kinds["shift"], kinds["w.weight"]) == ("constant", "parameter")


def applied(layer, x):
    return layer.w_q(x)


def test_names_parameters_of_a_layer_that_a_function_is_given():
    layer = Layer()
    run = trace.follow(applied, layer, torch.zeros(1, 3, 48))
    used = [t.name for t in run.tensors if t.kind == "parameter"]
    assert used == ["layer.w_q.weight", "layer.w_q.bias"]
    (step,) = run.steps
    assert step.parameters == 24 * 48 + 24


ALL_D = {"x": "T D", "first": "2 D", "second": "2 D", "w.weight": "D D"}


def test_a_result_handed_out_is_the_output(numbers):
    inner = lambda x: (
        (x + 1)
        .exp()
    )  # fmt: skip
    run = trace.follow(lambda x: inner(x), numbers(3), axes={"x": "T"})
    assert [t.name for t in run.tensors] == ["x", "x + 1", "output"]
    assert run["output"].code == "(x + 1) .exp()"


def test_globals_are_constants_with_their_name(numbers):
    run = trace.follow(lambda x: x * TABLE, numbers(2), axes={"x": "T"})
    assert [(t.name, t.kind) for t in run.tensors][1] == ("TABLE", "constant")


TABLE = torch.ones(2)


def test_a_name_must_be_there_once(run, layer_run):
    for asked, name in ((run, "nothing"), (layer_run, "mask")):
        with pytest.raises(ValueError, match=f"name='{name}' must be one of"):
            asked[name]


def test_einsum_of_three_is_refused(numbers):
    with pytest.raises(ValueError, match="must have at most two operands"):
        trace.follow(lambda x: einsum(x, x, x, "T, T, T -> T"), numbers(3))


def test_the_profiler_is_handed_back(numbers):
    seen = []
    watch = lambda *event: seen.append(event)
    sys.setprofile(watch)
    try:
        with pytest.raises(RuntimeError):
            trace.follow(lambda x: rearrange(x, "T -> T") @ x[:1], numbers(3))
        assert sys.getprofile() is watch
    finally:
        sys.setprofile(None)
