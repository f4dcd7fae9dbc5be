"""The keys of a config.json: how they are spelled, and what they default to.

A file leaves out what equals the default of the library's class, and spells
one thing in several ways: `n_embd` is `hidden_size`. A `Family` says this of
one `model_type`, and `Keys` reads a file by it, noting what was asked for and
what was missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from xfmr.families.harmless import is_harmless

ACTIVATIONS = {
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "swish": "silu",
}
# what a file may only say in one way, since another would have more weights
ONLY = {
    "add_cross_attention": False,
    "position_embedding_type": "absolute",
    "pruned_heads": {},
    "tie_encoder_decoder": False,
    "torchscript": False,
}
# whole numbers that no count depends on
COUNTLESS = {
    "global_attn_every_n_layers",
    "local_attention",
    "max_position_embeddings",
    "max_window_layers",
    "pad_token_id",
    "query_pre_attn_scalar",
    "relative_attention_max_distance",
    "sliding_window",
    "sliding_window_pattern",
}


@dataclass(frozen=True, kw_only=True)
class Family:
    """What the models of one `model_type` share.

    Args:
        fields: the fields of a Config that all of them have in common.
        read: the others, read from a file's keys.
        defaults: a value for each key, as the library's class has it; None
            where the class works it out from others.
        spellings: other names of those keys.
        roles: the names under which `read` asks for them, where those are
            not names that a file may use.
        classes: what each class of the library puts on the stack.
        assumed: the class that is counted if a file names none.
        encoder: a class that is the encoder alone, if there is one.
        divides: whether heads must divide D even where H is given.
        only: what a file must not say otherwise.
        ignored: keys on which no count depends, beside those of every file.
    """

    fields: Mapping[str, object]
    read: Callable[["Keys"], dict[str, object]]
    defaults: Mapping[str, object]
    spellings: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]]
    assumed: str
    encoder: str | None = None
    divides: bool = False
    only: Mapping[str, object] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()


class Keys:
    """A file's keys, read as its family spells them.

    Args:
        raw: what the file says.
        family: how to read it.
    """

    def __init__(self, raw: Mapping[str, object], family: Family):
        self.raw, self.family = raw, family
        self.known = set(family.defaults) | set(family.spellings)
        self.missing: dict[str, object] = {}

    def name(self, role: str) -> str:
        """The key of the file that plays a role, or else of the class.

        Raises:
            ValueError: if two spellings of it contradict each other.
        """
        own = self.family.roles.get(role, role)
        own = self.family.spellings.get(own, own)
        names = [
            own,
            *(a for a, b in self.family.spellings.items() if b == own),
        ]
        given = [name for name in names if name in self.raw]
        for other in given[1:]:
            one, two = self.raw[given[0]], self.raw[other]
            if one != two:
                raise ValueError(
                    f"{given[0]}={one!r} contradicts {other}={two!r}"
                )
        return given[0] if given else own

    def get(self, role: str) -> object:
        """What the file says, or the class's default."""
        name = self.name(role)
        if name in self.raw:
            return self.raw[name]
        value = self.family.defaults.get(name)
        if type(value) is int and name not in COUNTLESS:
            self.missing[name] = value
        return value

    def size(self, role: str, instead: int | None = None) -> int:
        """A whole number of at least one.

        Args:
            instead: the number where the key says nothing or null.

        Raises:
            ValueError: if it is none.
        """
        value = self.get(role)
        if value is None and instead is not None:
            return instead
        if type(value) is not int or value < 1:
            raise ValueError(
                f"{self.name(role)}={value!r} must be a whole number of at "
                "least 1"
            )
        return value

    def needed(self, role: str) -> int:
        """A whole number that only the file can know.

        Raises:
            ValueError: if the file does not say it.
        """
        name = self.name(role)
        if name not in self.raw:
            default = self.family.defaults[name]
            raise ValueError(
                f"{name} is missing: the library would take {default}, which "
                "need not be this model's"
            )
        return self.size(role)

    def longest(self) -> int | None:
        """The longest sequence, where no table has a row for each position.

        Raises:
            ValueError: if the file says something else.
        """
        return self.some("max_position_embeddings")

    def some(self, role: str) -> int | None:
        """A whole number, or None where the key says null, 0 or nothing.

        Raises:
            ValueError: if it is something else.
        """
        return self.size(role) if self.get(role) not in (None, 0) else None

    def flag(self, role: str) -> bool:
        """True or false.

        Raises:
            ValueError: if it is neither.
        """
        value = self.get(role)
        if type(value) is not bool:
            raise ValueError(
                f"{self.name(role)}={value!r} must be true or false"
            )
        return value

    def number(self, role: str) -> float | None:
        """A number, or None where the key says null or nothing.

        Raises:
            ValueError: if it is something else.
        """
        value = self.get(role)
        if value is not None and type(value) not in (int, float):
            raise ValueError(f"{self.name(role)}={value!r} must be a number")
        return None if value is None else float(value)

    def activation(self, role: str = "hidden_act") -> str:
        """The nonlinearity, as this book calls it."""
        value = str(self.get(role))
        return ACTIVATIONS.get(value, value)

    def unknown(self) -> list[str]:
        """Keys that nothing here knows, and which may change the count."""
        known = self.known | self.family.ignored | ONLY.keys()
        known |= self.family.only.keys()
        return [k for k in self.raw if k not in known and not is_harmless(k)]

    def check_only(self) -> None:
        """Refuse what would have weights that are not counted.

        Raises:
            ValueError: if a key has another value than the one that is known.
        """
        for key, value in (ONLY | dict(self.family.only)).items():
            said = self.raw.get(key)
            if said is not None and said != value:
                raise ValueError(
                    f"{key}={said!r} is not counted: only {value!r} is known"
                )
