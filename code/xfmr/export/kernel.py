"""The kernel: what takes the engine most of its time, in WebAssembly.

    multiply    y = x w           x is rows x K, w is K x N, y is rows x N
    gate        x = silu(x) up    both of `count` numbers

All in float32, LANES numbers at once. w lies in panels of COLUMNS of its
columns, one after the other, each row by row: what is read is then read in
order. A tile of ROWS x COLUMNS of y stays in registers while k runs; rows that
are left over make tiles of one. N and `count` are multiples of COLUMNS.
"""

from math import factorial, log

from wasmtime import wat2wasm

ROWS, COLUMNS, LANES = 4, 8, 4
BYTES = 4  # of a number
VECTOR = LANES * BYTES
VECTORS = range(COLUMNS // LANES)
DEGREE = 6  # of the polynomial for exp: its error is a rounding's
LARGEST = 87.0  # exp of it, and of its negative, is a normal number
HIGH = (
    0.693359375  # ln 2 in so few digits that a whole number times it is exact
)
BIAS, FRACTION = 127, 23  # of a float32: of its exponent, and its bits

MODULE = """
(module
  (memory (export "memory") 1)
{tiles}
  (func (export "multiply") (param $y i32) (param $x i32) (param $w i32)
    (param $rows i32) (param $K i32) (param $N i32)
{loops}
  )
{gate}
)
"""

TILE = """
  (func $tile{rows} (param $y i32) (param $x i32) (param $w i32)
    (param $K i32) (param $N i32)
    (local $n i32) (local $k i32) (local $x_k v128)
{locals}
    (local.set $K (i32.mul (local.get $K) (i32.const {bytes})))
    (local.set $N (i32.mul (local.get $N) (i32.const {bytes})))
{rows_of_x}
    (loop $panels
{zero}
      (local.set $k (i32.const 0))
      (loop $products
{load}
{add}
        (local.set $w (i32.add (local.get $w) (i32.const {panel})))
        (br_if $products (i32.lt_u
          (local.tee $k (i32.add (local.get $k) (i32.const {bytes})))
          (local.get $K))))
{store}
      (br_if $panels (i32.lt_u
        (local.tee $n (i32.add (local.get $n) (i32.const {panel})))
        (local.get $N)))))
"""

LOOP = """
    (block $done{rows} (loop $more{rows}
      (br_if $done{rows} (i32.lt_u (local.get $rows) (i32.const {rows})))
      (call $tile{rows} (local.get $y) (local.get $x) (local.get $w)
        (local.get $K) (local.get $N))
      (local.set $y (i32.add (local.get $y)
        (i32.mul (local.get $N) (i32.const {step}))))
      (local.set $x (i32.add (local.get $x)
        (i32.mul (local.get $K) (i32.const {step}))))
      (local.set $rows (i32.sub (local.get $rows) (i32.const {rows})))
      (br $more{rows})))
"""

# exp(z) = 2^n exp(z - n ln 2), and 2^n is made of its bits
GATE = """
  (func (export "gate") (param $x i32) (param $up i32) (param $count i32)
    (local $z v128) (local $n v128) (local $exp v128)
    (loop $more
      (local.set $z (f32x4.max {least} (f32x4.min {most}
        (f32x4.neg (v128.load (local.get $x))))))
      (local.set $n (f32x4.nearest (f32x4.mul (local.get $z) {per_ln2})))
      (local.set $z (f32x4.sub (local.get $z)
        (f32x4.mul (local.get $n) {high})))
      (local.set $z (f32x4.sub (local.get $z)
        (f32x4.mul (local.get $n) {low})))
      (local.set $exp (f32x4.mul {polynomial}
        (i32x4.shl (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $n))
          (v128.const i32x4 {bias} {bias} {bias} {bias}))
          (i32.const {fraction}))))
      (v128.store (local.get $x) (f32x4.div
        (f32x4.mul (v128.load (local.get $x)) (v128.load (local.get $up)))
        (f32x4.add {one} (local.get $exp))))
      (local.set $x (i32.add (local.get $x) (i32.const {vector})))
      (local.set $up (i32.add (local.get $up) (i32.const {vector})))
      (br_if $more (local.tee $count
        (i32.sub (local.get $count) (i32.const {lanes}))))))
"""


def wat() -> str:
    """The module as text."""
    sizes = (ROWS, 1)
    return MODULE.format(
        tiles="".join(map(_tile, sizes)),
        loops="".join(
            LOOP.format(rows=rows, step=rows * BYTES) for rows in sizes
        ),
        gate=_gate(),
    )


def wasm() -> bytes:
    """The module as a browser takes it."""
    return bytes(wat2wasm(wat()))


def _tile(rows: int) -> str:
    """The function that makes so many rows of y."""
    locals_, rows_of_x, zero, load, add, store = [], [], [], [], [], []
    for c in VECTORS:
        locals_.append(f"(local $w{c} v128)")
        load.append(
            f"(local.set $w{c} (v128.load offset={c * VECTOR} (local.get $w)))"
        )
    for r in range(rows):
        locals_.append(f"(local $x{r} i32)")
        rows_of_x.append(
            f"(local.set $x{r} (i32.add (local.get $x) "
            f"(i32.mul (local.get $K) (i32.const {r}))))"
        )
        add.append(
            "(local.set $x_k (v128.load32_splat "
            f"(i32.add (local.get $x{r}) (local.get $k))))"
        )
        row = f"(i32.mul (local.get $N) (i32.const {r}))"
        for c in VECTORS:
            total = f"$sum{r}_{c}"
            locals_.append(f"(local {total} v128)")
            zero.append(f"(local.set {total} {_four(0.0)})")
            add.append(
                f"(local.set {total} (f32x4.add (local.get {total}) "
                f"(f32x4.mul (local.get $x_k) (local.get $w{c}))))"
            )
            store.append(
                f"(v128.store offset={c * VECTOR} (i32.add (i32.add "
                f"(local.get $y) {row}) (local.get $n)) (local.get {total}))"
            )
    return TILE.format(
        rows=rows,
        panel=COLUMNS * BYTES,
        bytes=BYTES,
        locals="\n".join(locals_),
        rows_of_x="\n".join(rows_of_x),
        zero="\n".join(zero),
        load="\n".join(load),
        add="\n".join(add),
        store="\n".join(store),
    )


def _gate() -> str:
    """The function that gates, with exp as 1 + z (1 + z / 2 (1 + z / 3 ...)),
    its factors multiplied out."""
    polynomial = _four(1 / factorial(DEGREE))
    for power in reversed(range(DEGREE)):
        polynomial = (
            f"(f32x4.add {_four(1 / factorial(power))} "
            f"(f32x4.mul (local.get $z) {polynomial}))"
        )
    return GATE.format(
        least=_four(-LARGEST),
        most=_four(LARGEST),
        per_ln2=_four(1 / log(2)),
        high=_four(HIGH),
        low=_four(log(2) - HIGH),
        polynomial=polynomial,
        one=_four(1.0),
        bias=BIAS,
        fraction=FRACTION,
        vector=VECTOR,
        lanes=LANES,
    )


def _four(number: float) -> str:
    """A number in every lane."""
    return f"(v128.const f32x4 {' '.join([repr(number)] * LANES)})"
