"""The account of a run: kills by operator, survivors, the score."""

import json
from collections import Counter
from dataclasses import dataclass, field

from checkbook.mutate.judge import Verdict
from checkbook.mutate.mutant import Mutant
from checkbook.mutate.operators import APART


@dataclass(frozen=True)
class Report:
    """What a run found.

    Args:
        seed: of the draw.
        verdicts: one for each mutant tried.
        excused: mutants that the list of equivalents takes out.
        controls: what was tried to judge the run itself, and what came.
        seconds: wall time of the run.
    """

    seed: int
    verdicts: list[Verdict]
    excused: list[Mutant] = field(default_factory=list)
    controls: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def scored(self) -> list[Verdict]:
        """The verdicts that count."""
        return [v for v in self.verdicts if v.mutant.operator not in APART]

    @property
    def apart(self) -> list[Verdict]:
        """The verdicts on what no check can reach."""
        return [v for v in self.verdicts if v.mutant.operator in APART]

    @property
    def killed(self) -> int:
        """How many of those that count were noticed."""
        return sum(v.killed for v in self.scored)

    @property
    def score(self) -> float:
        """Their share; of nothing, none."""
        return self.killed / len(self.scored) if self.scored else 0.0

    @property
    def survivors(self) -> list[Verdict]:
        """Those that count and that nothing noticed."""
        return [v for v in self.scored if not v.killed]

    def text(self) -> str:
        """The account, to be read."""
        parts = [_survivor(v) for v in self.survivors]
        parts += [_table("killed", self.scored)]
        if self.apart:
            parts.append(_table("apart, not in the score", self.apart))
        if self.excused:
            kinds = Counter(m.operator for m in self.excused)
            shown = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
            parts.append(f"equivalent, not tried: {shown}")
        parts += [f"control: {k}: {v}" for k, v in self.controls.items()]
        parts.append(
            f"{self.killed} of {len(self.scored)} killed, score "
            f"{self.score:.1%}; seed {self.seed}, {self.seconds:.0f} s"
        )
        return "\n".join(parts)

    def json(self) -> str:
        """The account, to be compared."""
        account = {
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "tried": len(self.scored),
            "killed": self.killed,
            "score": round(self.score, 4),
            "operators": _kills(self.scored),
            "apart": _kills(self.apart),
            "controls": self.controls,
            "mutants": [_entry(v) for v in self.verdicts],
            "equivalent": [
                {"place": m.place, "operator": m.operator, "diff": m.diff()}
                for m in self.excused
            ],
        }
        return json.dumps(account, indent=1, ensure_ascii=False) + "\n"


def _kills(verdicts: list[Verdict]) -> dict[str, dict[str, int]]:
    tried = Counter(v.mutant.operator for v in verdicts)
    killed = Counter(v.mutant.operator for v in verdicts if v.killed)
    return {
        name: {"killed": killed[name], "tried": tried[name]}
        for name in sorted(tried)
    }


def _table(title: str, verdicts: list[Verdict]) -> str:
    rows = [
        f"  {name:20} {n['killed']:3} of {n['tried']:3}"
        for name, n in _kills(verdicts).items()
    ]
    return "\n".join([f"{title}:", *rows])


def _survivor(verdict: Verdict) -> str:
    mutant = verdict.mutant
    lines = mutant.diff().replace("\n", "\n    ")
    return f"survived: {mutant.place} {mutant.operator}\n    {lines}"


def _entry(verdict: Verdict) -> dict:
    mutant = verdict.mutant
    return {
        "place": mutant.place,
        "operator": mutant.operator,
        "diff": mutant.diff(),
        "killed": verdict.killed,
        "by": verdict.by,
        "message": verdict.message,
        "seconds": round(verdict.seconds, 1),
    }
