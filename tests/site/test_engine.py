"""The lab's engine, against the model that was exported."""

import random
from dataclasses import asdict, replace

import pytest
import torch

from tests import lab
from xfmr.export import golden
from xfmr.export.golden import Case
from xfmr.export.weights import as_exported

from .conftest import visitor

N_TOKENS = 23
CLOSE = {False: 1e-12, True: 1e-5}
NAMES = ["next token", "hidden token", "counterfactual", "changed"]

both_engines = pytest.mark.parametrize(
    "kernel", [False, True], ids=["plain", "kernel"]
)


def ids_of(n_tokens, seed=0):
    rng = random.Random(seed)
    return [rng.randrange(lab.DEMO.vocab_size) for _ in range(n_tokens)]


CASES = golden.cases(ids_of(N_TOKENS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def page(chromium, folder):
    seen = visitor(chromium)
    seen.page.goto(lab.written(folder).as_uri())
    yield seen.page
    assert seen.messages == []
    assert all(url.startswith("file:") for url in seen.requests)
    seen.page.context.close()


@pytest.fixture(scope="module")
def exported():
    return as_exported(lab.model())


def distances(found, expected):
    """How far apart, of logits and streams as a share of the largest."""
    far = {}
    for part, right in expected.items():
        right = right.flatten()
        size = right.abs().max().clamp(min=1)
        far[part] = ((found[part].flatten() - right).abs().max() / size).item()
    return far


@both_engines
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_all_that_a_run_gives_is_what_python_computes(
    page, exported, case, kernel
):
    found = lab.whole(page, asdict(case), kernel=kernel)
    expected = golden.expected(exported, case)
    assert {name: x.numel() for name, x in found.items()} == {
        name: x.numel() for name, x in expected.items()
    }
    far = distances(found, expected)
    assert max(far.values()) < CLOSE[kernel], far


@both_engines
@pytest.mark.parametrize("n_tokens", [1, 2, lab.DEMO.context_length])
def test_short_and_long_texts(page, exported, n_tokens, kernel):
    case = Case(ids=ids_of(n_tokens, 1), mode="causal", mask="causal")
    far = distances(
        lab.whole(page, asdict(case), kernel=kernel),
        golden.expected(exported, case),
    )
    assert max(far.values()) < CLOSE[kernel], far


@both_engines
@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_rows_sum_to_one_and_what_is_hidden_is_zero(page, case, kernel):
    weights = lab.whole(page, asdict(case), kernel=kernel)["attention"]
    weights = weights.unflatten(-1, (N_TOKENS, N_TOKENS))
    torch.testing.assert_close(
        weights.sum(-1),
        torch.ones_like(weights[..., 0]),
        rtol=0,
        atol=1e-6 if kernel else 1e-12,
    )
    if case.mask == "causal":
        assert weights.triu(1).count_nonzero() == 0
    else:
        assert weights.count_nonzero() == weights.numel()
    for edge in case.cut:
        assert weights[edge] == 0


@both_engines
def test_who_may_read_nothing_reads_nothing(page, kernel):
    ids, last = ids_of(4), 3
    without = Case(ids=ids, mode="causal", mask="causal", without=[(1, 2)])
    cut = replace(
        without,
        without=(),
        cut=[(1, 2, t, s) for t in range(4) for s in range(t + 1)],
    )
    one, other = (
        lab.whole(page, asdict(case), kernel=kernel) for case in (without, cut)
    )
    assert other["attention"][1, 2].count_nonzero() == 0
    assert one["attention"][1, 2].count_nonzero() > 0
    assert one["logits"].equal(other["logits"])
    some = replace(cut, cut=[(1, 2, last, s) for s in range(4)])
    found = lab.whole(page, asdict(some), kernel=kernel)
    assert found["attention"][1, 2, -4:].count_nonzero() == 0
    assert found["stream"][2].isfinite().all()


EDITS = """
([kernel, edits, settings]) => {
  const [kept, whole] = [0, 1].map(
    () => Engine.create(demoWeights, { kernel }));
  const numbers = (run) => JSON.stringify([[...run.logits],
    ...[0, 3].map((layer) => [...run.attention(layer, 1)]),
    [...run.stream(4)], [...run.vectors(3, 2).scores]]);
  const first = kept.run(edits[0], settings);
  const before = numbers(first);
  const differ = edits.filter((ids) => {
    const fresh = whole.run(ids, { ...settings, without: [[0, 0]] });
    const one = kept.run(ids, { ...settings, without: [[0, 0]] });
    kept.run(ids, settings);
    return numbers(one) !== numbers(fresh) && ids;
  });
  const last = edits.at(-1);
  const alone = Engine.create(demoWeights, { kernel }).run(last, settings);
  return {
    differ: differ.length,
    same: before === numbers(first),
    last: numbers(kept.run(last, settings)) === numbers(alone),
  };
}
"""


def edits(n_edits, seed):
    """A text as somebody types it: at its end, and in the middle."""
    rng, ids = random.Random(seed), ids_of(6)
    yield ids
    for _ in range(n_edits):
        at = rng.choice([len(ids), len(ids), rng.randrange(len(ids) + 1)])
        gone = rng.choice([0, 0, 1, 2])
        new = ids_of(rng.choice([0, 1, 1, 3]), rng.random())
        ids = [*ids[:at], *new, *ids[at + gone :]][:40]
        yield ids


AS_IF_NEW = {"differ": 0, "same": True, "last": True}


@both_engines
@pytest.mark.parametrize("mask", golden.MASKS)
def test_what_was_kept_changes_nothing(page, mask, kernel):
    settings = {"mode": "causal", "mask": mask}
    given = [kernel, [*edits(25, 1)], settings]
    # to the last bit, since each row is computed as it would be alone
    assert page.evaluate(EDITS, given) == AS_IF_NEW


KEPT = """
(kernel) => {
  const ids = Array.from({ length: 100 }, (_, n) => n);
  const seconds = (engine, ids) => {
    const start = performance.now();
    engine.run(ids, { mode: "causal", mask: "causal" });
    return performance.now() - start;
  };
  const engine = Engine.create(demoWeights, { kernel });
  const each = Array.from({ length: 7 }, (_, n) => {
    const whole = seconds(engine, [n, ...ids]);
    return whole / seconds(engine, [n, ...ids, n]);
  });
  return each.sort((a, b) => a - b)[3];
}
"""


@both_engines
def test_what_was_kept_is_not_computed_again(page, kernel):
    assert page.evaluate(KEPT, kernel) > 5  # times as long, of 101 rows and 1


REFUSED = [
    ({"ids": [1024]}, "no token 1024"),
    ({"ids": [-1]}, "no token -1"),
    ({"ids": [0.5]}, "no token 0.5"),
    ({"ids": ["1"]}, "no token 1"),
    ({"ids": [0] * 129}, "129 tokens must be at most 128"),
    ({"mode": "both"}, "mode both must be one of causal,bidirectional"),
    ({"mask": "none"}, "mask none must be one of causal,full"),
    ({"without": [[4, 0]]}, "no head 0 in layer 4"),
    ({"without": [[0, 4]]}, "no head 4 in layer 0"),
    ({"cut": [[0, -1, 0, 0]]}, "no head -1 in layer 0"),
    ({"cut": [[0, 0, 3, 0]]}, "no edge 3,0"),
    ({"cut": [[0, 0, 0, 3]]}, "no edge 0,3"),
    ({"cut": [[0, 0, 0]]}, "no edge 0"),
]
CAUGHT = """
(given) => {
  try {
    Engine.create(demoWeights, { kernel: true }).run(given.ids, given);
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}
"""


@pytest.mark.parametrize(("change", "said"), REFUSED)
def test_what_cannot_be_run_is_refused(page, change, said):
    given = {"ids": [1, 2, 3], "mode": "causal", "mask": "causal"}
    assert page.evaluate(CAUGHT, given) is None
    assert page.evaluate(CAUGHT, given | change) == f"RangeError: {said}"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("attention(4, 0)", "no head 0 in layer 4"),
        ("attention(0, 4)", "no head 4 in layer 0"),
        ("vectors(0, -1)", "no head -1 in layer 0"),
        ("stream(5)", "no stream 5"),
    ],
)
def test_no_part_that_is_not_there(page, part, said):
    asked = f"""() => {{
      const engine = Engine.create(demoWeights, {{ kernel: true }});
      const run = engine.run([1], {{ mode: "causal", mask: "causal" }});
      try {{ run.{part}; }} catch (error) {{ return error.message; }}
    }}"""
    assert page.evaluate(asked) == said


def test_no_text_is_a_text(page):
    case = Case(ids=[], mode="causal", mask="full")
    found = lab.whole(page, asdict(case), kernel=True)
    assert {x.numel() for x in found.values()} == {0}


# Where the kernel can be had ------------------------------------------------


def test_numbers_have_64_bits_or_those_of_the_kernel(page):
    kinds = """() => [false, true].map((kernel) => {
      const engine = Engine.create(demoWeights, { kernel });
      const { logits } = engine.run([1], { mode: "causal", mask: "causal" });
      return [engine.kernel, logits.constructor.name];
    })"""
    assert page.evaluate(kinds) == [
        [False, "Float64Array"],
        [True, "Float32Array"],
    ]


MADE = "() => Engine.create(demoWeights, { kernel: true }).kernel"


def test_where_wasm_is_forbidden_the_plain_engine_runs(visit, tmp_path):
    seen = visit()
    seen.page.goto(lab.written(tmp_path, wasm=False).as_uri())
    assert seen.page.evaluate(MADE) is False
    case = asdict(CASES[0])
    expected = golden.expected(as_exported(lab.model()), CASES[0])
    far = distances(lab.whole(seen.page, case, kernel=True), expected)
    assert max(far.values()) < CLOSE[False]


def test_where_lanes_are_not_understood_the_plain_engine_runs(visit, folder):
    seen = visit()
    seen.page.goto((folder / "lab.html").as_uri())
    seen.page.evaluate("() => { WebAssembly.validate = () => false; }")
    assert seen.page.evaluate(MADE) is False


# What the page itself compares ----------------------------------------------

VERIFIED = """
(kernel) => {
  const numbers = (base64) => new Float64Array(
    Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
  const engine = Engine.create(demoWeights, { kernel });
  const far = (found, expected) => Math.max(
    ...found.map((number, n) => Math.abs(number - expected[n])));
  return demoGolden.map(({ given, expected }) => {
    const run = engine.run(given.ids, given);
    const weights = [0, 1, 2, 3].flatMap((layer) =>
      [0, 1, 2, 3].flatMap((head) => [...run.attention(layer, head)]));
    const last = [...run.logits.slice(-engine.config.vocab_size)];
    return [far(weights, numbers(expected.attention)),
      far(last, numbers(expected.logits)), last.length];
  });
}
"""


@both_engines
def test_golden_cases_hold_in_the_page(page, exported, kernel):
    found = page.evaluate(VERIFIED, kernel)
    for (weights, logits, n_logits), case in zip(
        found, golden.cases(ids_of(4)), strict=True
    ):
        size = 30  # above the largest logit
        assert weights < CLOSE[kernel], case
        assert logits < size * CLOSE[kernel], case
        assert n_logits == lab.DEMO.vocab_size


FAULTS = {
    "W_k is transposed": (
        "k: matrix(`blocks.${n}.attention.w_k`, N * H, D),",
        "k: kept(pack(new Numbers(D * D), tensors[`blocks.${n}.attention.w_k"
        ".weight`], 0, 1, D, D, D)),",
    ),
    "scores are not scaled": ("d] / Math.sqrt(H);", "d];"),
    "the mask is off by one": ('"causal" ? t + 1 : to', '"causal" ? t : to'),
    "an edge is kept": ("columns + s] = -Infinity", "columns + s] -= 0"),
    "a head is kept": ("l === layer && h === head)) read", "false)) read"),
    "a text is not turned": ("turn(rows.q[n], from, to);", ""),
    "rows are kept too long": ("same += 1;", "same += 2;"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_would_be_seen(page, exported, fault):
    source = (lab.WIDGETS / "engine.js").read_text("utf8")
    right, wrong = FAULTS[fault]
    assert source.count(right) == 1

    def asked(script):
        """The same, of an engine that has the fault."""
        return f"""(given) => {{
          {source.replace(right, wrong)}
          window.engines = {{}};
          const found = ({script})(given);
          window.engines = {{}};
          return found;
        }}"""

    case = asdict(CASES[3])
    expected = golden.expected(exported, CASES[3])
    found = lab.whole(page, case, kernel=False, script=asked(lab.WHOLE))
    far = distances(found, expected)
    if max(far.values()) < 1e-3:
        settings = {"mode": "causal", "mask": "causal"}
        given = [False, [*edits(25, 1)], settings]
        assert page.evaluate(asked(EDITS), given) != AS_IF_NEW
