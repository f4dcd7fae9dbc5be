"""Changes name the fields that differ, and no others."""

from dataclasses import replace

import pytest

from xfmr.changes import changes, differing
from xfmr.config import Experts
from xfmr.presets import BERT_BASE, GPT2


def test_a_replaced_field_is_the_difference():
    small = replace(BERT_BASE, name="small", n_layers=3, d_ff=5)
    assert differing(BERT_BASE, small) == ["n_layers", "d_ff"]
    found = changes(BERT_BASE, small, caption="c")
    assert found.columns == ("field", "BERT-base", "small")
    assert found.rows == (("n_layers", 12, 3), ("d_ff", 3072, 5))
    assert found.caption == "c"


def test_names_and_sources_are_no_difference():
    other = replace(GPT2, name="other", source="elsewhere")
    assert differing(GPT2, other) == []


def test_replacing_all_that_differs_makes_the_other():
    fields = {f: getattr(GPT2, f) for f in differing(BERT_BASE, GPT2)}
    fields |= {"name": GPT2.name, "source": GPT2.source}
    assert replace(BERT_BASE, **fields) == GPT2


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("n_segments", None, "–"),
        ("heads", (), "–"),
        ("heads", ("pooler", "mlm"), "pooler, mlm"),
        ("attention_bias", False, "no"),
        ("parallel", True, "yes"),
        ("norm_eps", 1e-6, "1e-06"),
        ("n_heads", 24, 24),
        ("activation", "relu", "relu"),
        ("experts", Experts(n_experts=2, n_active=1, d_ff=3), "Experts"),
    ],
)
def test_how_a_field_is_shown(field, value, shown):
    other = replace(BERT_BASE, name="other", **{field: value})
    assert changes(BERT_BASE, other, caption="c")[field, "other"] == shown


def test_three_models():
    a, b = (replace(GPT2, name=f"{n}", n_layers=n) for n in (1, 2))
    found = changes(GPT2, a, b, caption="c")
    assert found.rows == (("n_layers", 12, 1, 2),)


@pytest.mark.parametrize("configs", [[GPT2], [GPT2, GPT2, BERT_BASE]])
def test_too_few_or_twice_the_same(configs):
    with pytest.raises(ValueError, match=r"^names=\[.*\] must be at least tw"):
        changes(*configs, caption="c")
