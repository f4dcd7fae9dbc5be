"""What the page compares itself with."""

import torch

from tests import lab
from xfmr.demo.heads import heads
from xfmr.demo.model import mask_of
from xfmr.export import golden, weights


def test_cases_are_all_that_the_page_shows():
    one, hidden, other, changed = golden.cases([5, 6, 7])
    assert (one.mode, one.mask) == ("causal", "causal")
    assert (hidden.mode, hidden.mask) == ("bidirectional", "full")
    assert (other.mode, other.mask) == ("causal", "full")
    assert changed.without
    assert changed.cut


def test_expected_is_what_the_model_computes():
    model = weights.as_exported(lab.toy())
    for case in golden.cases([5, 6, 7])[:3]:
        found = golden.expected(model, case)
        tokens = torch.tensor([[5, 6, 7]])
        mask = mask_of(golden.MASKS[case.mask], 3)
        logits = model(tokens, case.mode, mask)[0]
        assert found["logits"].equal(logits)
        own = heads(model, tokens, case.mode, mask)
        assert found["attention"].equal(own.weights[:, 0])
        assert found["q"].equal(own.q[:, 0])
        last = model.final_norm(found["stream"][-1])
        torch.testing.assert_close(
            last @ model.embedding.token.weight.T, logits
        )
        assert len(found["stream"]) == 3
