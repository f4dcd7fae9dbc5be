"""What a configuration must say for a model to be able to be built of it."""

from collections.abc import Mapping

from xfmr.config import Config


def check(config: Config, required: Mapping[str, object]) -> None:
    """Refuse the configuration of another model.

    Raises:
        ValueError: if a field has another value than is required.
    """
    for field, value in required.items():
        if getattr(config, field) != value:
            raise ValueError(
                f"{field}={getattr(config, field)!r} of {config.name} "
                f"must be {value!r}"
            )
