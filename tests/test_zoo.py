"""The published models: exact totals, and what is said of them."""

import json
from dataclasses import replace

import pytest

from xfmr import count, presets, zoo
from xfmr.families import LIBRARY

# Instantiated with transformers 5.23 on the meta device, and once more from a
# closed form that knew the sizes alone; the first two and the last four, which
# the library has no class for, from the closed form.
TOTALS = {
    "transformer-base": 63_045_632,
    "transformer-big": 214_171_648,
    "bert-base-uncased": 109_482_240,
    "bert-large-uncased": 335_141_888,
    "roberta-base": 124_645_632,
    "roberta-large": 355_359_744,
    "distilbert-base": 66_362_880,
    "albert-base-v2": 11_683_584,
    "albert-large-v2": 17_683_968,
    "albert-xxlarge-v2": 222_595_584,
    "openai-gpt": 116_534_784,
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
    "gpt3-small": 125_226_240,
    "gpt3-medium": 355_871_744,
    "gpt3-large": 760_300_032,
    "gpt3-xl": 1_315_723_264,
    "gpt3-2.7b": 2_651_553_280,
    "gpt3-6.7b": 6_658_404_352,
    "gpt3-13b": 12_853_386_240,
    "gpt3-175b": 174_604_259_328,
    "t5-small": 60_506_624,
    "t5-base": 222_903_552,
    "t5-large": 737_668_096,
    "t5-11b": 11_307_321_344,
    "t5-v1.1-small": 76_961_152,
    "t5-v1.1-base": 247_577_856,
    "t5-v1.1-xl": 2_849_757_184,
    "t5-v1.1-xxl": 11_135_332_352,
    "bart-base": 139_420_416,
    "bart-large": 406_291_456,
    "opt-125m": 125_239_296,
    "opt-1.3b": 1_315_758_080,
    "opt-2.7b": 2_651_596_800,
    "opt-6.7b": 6_658_473_984,
    "opt-13b": 12_853_473_280,
    "opt-30b": 29_974_540_288,
    "opt-66b": 65_719_701_504,
    "opt-175b": 174_604_468_224,
    "pythia-14m": 14_067_712,
    "pythia-31m": 30_494_720,
    "pythia-70m": 70_426_624,
    "pythia-160m": 162_322_944,
    "pythia-410m": 405_334_016,
    "pythia-1b": 1_011_781_632,
    "pythia-2.8b": 2_775_208_960,
    "pythia-6.9b": 6_857_302_016,
    "llama-7b": 6_738_415_616,
    "llama-13b": 13_015_864_320,
    "llama-33b": 32_528_943_616,
    "llama-65b": 65_285_660_672,
    "llama-2-7b": 6_738_415_616,
    "llama-2-13b": 13_015_864_320,
    "llama-2-70b": 68_976_648_192,
    "llama-3-8b": 8_030_261_248,
    "llama-3.1-8b": 8_030_261_248,
    "llama-3.1-70b": 70_553_706_496,
    "llama-3.1-405b": 405_853_388_800,
    "llama-3.2-1b": 1_235_814_400,
    "llama-3.2-3b": 3_212_749_824,
    "mistral-7b-v0.1": 7_241_732_096,
    "mistral-7b-v0.3": 7_248_023_552,
    "mixtral-8x7b": 46_702_792_704,
    "mixtral-8x22b": 140_630_071_296,
    "gemma-2b": 2_506_172_416,
    "gemma-2-2b": 2_614_341_888,
    "gemma-2-27b": 27_227_128_320,
    "gemma-3-1b": 999_885_952,
    "gemma-3-4b-text": 3_880_263_168,
    "gemma-3-12b-text": 11_766_034_176,
    "gemma-3-27b-text": 27_009_346_304,
    "qwen2.5-0.5b": 494_032_768,
    "qwen2.5-3b": 3_085_938_688,
    "qwen2.5-7b": 7_615_616_512,
    "qwen2.5-14b": 14_770_033_664,
    "qwen2.5-32b": 32_763_876_352,
    "qwen2.5-72b": 72_706_203_648,
    "qwen3-0.6b": 596_049_920,
    "qwen3-1.7b": 1_720_574_976,
    "qwen3-4b": 4_022_468_096,
    "qwen3-8b": 8_190_735_360,
    "qwen3-14b": 14_768_307_200,
    "qwen3-32b": 32_762_123_264,
    "qwen3-235b-a22b": 235_093_634_560,
    "phi-3-mini-4k": 3_821_079_552,
    "smollm2-135m": 134_515_008,
    "smollm2-360m": 361_821_120,
    "smollm2-1.7b": 1_711_376_384,
    "olmo-2-1b": 1_484_916_736,
    "olmo-2-7b": 7_298_617_344,
    "gopher-280b": 279_697_162_240,
    "chinchilla-70b": 70_055_362_560,
    "palm-8b": 8_632_012_800,
    "palm-62b": 62_495_662_080,
}
# from the same instances
ACTIVE = {
    "mixtral-8x7b": 12_879_925_248,
    "mixtral-8x22b": 39_161_468_928,
    "qwen3-235b-a22b": 22_190_763_520,
}
NON_EMBEDDING = {
    "bert-base-uncased": 85_648_128,
    "albert-base-v2": 7_778_048,
    "gpt2": 85_056_000,
    "t5-base": 198_229_248,
    "t5-v1.1-base": 198_229_248,
    "bart-base": 99_240_960,
    "opt-1.3b": 1_208_602_624,
    "pythia-70m": 18_915_328,
    "llama-2-7b": 6_476_271_616,
    "mixtral-8x7b": 46_440_648_704,
    "gemma-2b": 1_981_884_416,
    "qwen3-0.6b": 440_467_456,
}
EMBEDDING = {
    "albert-base-v2": 3_840_000,
    "gpt2": 38_597_376,
    "t5-v1.1-base": 24_674_304,
    "bart-base": 38_603_520,
}


def config(name):
    return zoo.find(name).reading.config


def test_all_models_are_here():
    assert [*zoo.models()] == [*TOTALS]


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name):
    assert count.parameters(config(name)) == TOTALS[name]


@pytest.mark.parametrize("name", ACTIVE)
def test_active(name):
    assert count.active(config(name)) == ACTIVE[name]


@pytest.mark.parametrize("name", NON_EMBEDDING)
def test_non_embedding(name):
    assert count.non_embedding(config(name)) == NON_EMBEDDING[name]


@pytest.mark.parametrize("name", EMBEDDING)
def test_embedding(name):
    assert count.embedding(config(name)) == EMBEDDING[name]


@pytest.mark.parametrize("name", TOTALS)
def test_nothing_is_left_open(name):
    model = zoo.find(name)
    assert model.reading.warnings == ()
    assert not model.reading.assumed
    assert model.reading.config.name == model.name == name
    assert model.published and model.published_in and model.sizes_from


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("transformer-base", presets.TRANSFORMER_BASE),
        ("transformer-big", presets.TRANSFORMER_BIG),
        ("bert-base-uncased", presets.BERT_BASE),
        ("gpt2", presets.GPT2),
        ("llama-2-7b", presets.LLAMA2_7B),
        ("llama-2-70b", presets.LLAMA2_70B),
    ],
)
def test_the_book_s_own_presets_say_the_same(name, preset):
    ours, theirs = vars(config(name)), vars(preset)
    assert {k for k in ours if ours[k] != theirs[k]} == {"name", "source"}


def test_what_is_from_memory_alone():
    unconfirmed = {n: m.unconfirmed for n, m in zoo.models().items()}
    both, sizes = ("published", "sizes"), ("sizes",)
    assert unconfirmed["gpt2"] == unconfirmed["qwen2.5-32b"] == ()
    assert unconfirmed["bart-large"] == unconfirmed["opt-175b"] == both
    assert unconfirmed["roberta-base"] == unconfirmed["palm-8b"] == sizes
    assert unconfirmed["mistral-7b-v0.1"] == ("published",)
    assert sum(map(bool, unconfirmed.values())) == 31


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("gpt2", (124e6, 1e6)),
        ("qwen2.5-7b", (7.61e9, 1e7)),
        ("pythia-70m", (70_426_624, 1)),
        ("gemma-3-1b", (1000e6, 1e6)),
        ("gemma-2b", (524_550_144 + 1_981_884_416, 1)),
        ("mixtral-8x7b", (47e9, 1e9)),
    ],
)
def test_printed_totals(name, figure):
    assert zoo.find(name).figure == pytest.approx(figure, rel=1e-12)


def test_printed_totals_that_are_exact_to_their_last_digit():
    agree = {name: model.agrees for name, model in zoo.models().items()}
    assert agree["gpt2"] and agree["pythia-70m"] and agree["llama-7b"]
    assert not agree["t5-large"] and not agree["qwen2.5-7b"]
    # rounded to its last digit it would be the next
    assert zoo.find("llama-65b").figure == (pytest.approx(65.2e9), 1e8)
    assert not agree["llama-65b"]


def test_a_printed_sum_is_as_coarse_as_its_coarsest_part():
    model = replace(zoo.find("gpt2"), published="302M + 1.2B")
    assert model.figure == (pytest.approx(1.502e9), pytest.approx(1e8))


def test_where_they_are_not_a_reason_is_given():
    for model in zoo.models().values():
        assert model.agrees or model.why, model.name


def test_names_in_capitals():
    assert zoo.find("GPT2") is zoo.find("gpt2")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpt-2", "^gpt-2 is no preset: perhaps gpt2 or "),
        ("Lama-2-7B", "^Lama-2-7B is no preset: perhaps llama-2-7b or "),
        ("????", r"^\?{4} is no preset: see xfmr presets$"),
    ],
)
def test_names_that_are_none(name, message):
    with pytest.raises(ValueError, match=message):
        zoo.find(name)


def test_every_family_that_has_a_published_model():
    kinds = {m.keys["model_type"] for m in zoo.models().values()}
    assert kinds - LIBRARY.keys() == {"transformer", "gopher", "palm"}
    assert LIBRARY.keys() - kinds == {"modernbert", "gpt_oss", "deepseek_v3"}


def test_the_file_is_tidy():
    entries = json.loads(zoo.FILE.read_text("utf8"))
    for entry in entries:
        assert entry.keys() <= {
            *("name", "config", "published", "published_in"),
            *("sizes_from", "unconfirmed", "why"),
        }
        assert set(entry.get("unconfirmed", ())) <= {"published", "sizes"}
        assert entry.get("why", "?") and entry["name"] == entry["name"].lower()
