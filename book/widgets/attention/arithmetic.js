/* What takes the engine most of its time, by the processor's lanes where the
   browser has them. Arithmetic.plain() and Arithmetic.kernel(bytes) give

       Numbers                         the type of all arrays
       kept(w)                         w, made ready for many products
       multiply(y, x, w, rows, K, N)   y = x w
       gate(x, up, count)              x = silu(x) up, of so many numbers

   x is rows x K, y is rows x N. w is K x N and packed, or kept: panels of 8 of
   its columns, each row by row, so that what is read is read in order. N and
   count must be multiples of 8.

   xfmr/export/kernel.py makes the bytes of the kernel, whose numbers have 32
   bits. Arithmetic.kernel gives null where the browser cannot run it. */
"use strict";

const Arithmetic = (() => {
  const PANEL = 8;

  /* Column n, row k of w is source[from + n * perColumn + k * perRow]. */
  const pack = (w, source, from, perColumn, perRow, K, N) => {
    for (let n = 0; n < N; n += 1) {
      let to = (n - n % PANEL) * K + n % PANEL;
      let at = from + n * perColumn;
      for (let k = 0; k < K; k += 1, to += PANEL, at += perRow) w[to] = source[at];
    }
    return w;
  };

  const oneRow = (y, x, w, K, N) => {
    for (let n = 0, at = 0; n < N; n += PANEL) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
      for (let k = 0; k < K; k += 1, at += PANEL) {
        const xk = x[k];
        s0 += xk * w[at]; s1 += xk * w[at + 1]; s2 += xk * w[at + 2]; s3 += xk * w[at + 3];
        s4 += xk * w[at + 4]; s5 += xk * w[at + 5]; s6 += xk * w[at + 6]; s7 += xk * w[at + 7];
      }
      y[n] = s0; y[n + 1] = s1; y[n + 2] = s2; y[n + 3] = s3;
      y[n + 4] = s4; y[n + 5] = s5; y[n + 6] = s6; y[n + 7] = s7;
    }
  };

  /* Tiles of 2 x 4 sums, which the processor's registers hold, and 1 x 8 for a
     row that is left over, which has to wait for every number of w. */
  const multiply = (y, x, w, rows, K, N) => {
    const even = rows - rows % 2;
    for (let n = 0; n < N; n += 4) {
      const panel = (n - n % PANEL) * K + n % PANEL;
      for (let t = 0; t < even; t += 2) {
        let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
        const a = t * K, b = a + K;
        for (let k = 0, at = panel; k < K; k += 1, at += PANEL) {
          const w0 = w[at], w1 = w[at + 1], w2 = w[at + 2], w3 = w[at + 3];
          const xa = x[a + k], xb = x[b + k];
          a0 += xa * w0; a1 += xa * w1; a2 += xa * w2; a3 += xa * w3;
          b0 += xb * w0; b1 += xb * w1; b2 += xb * w2; b3 += xb * w3;
        }
        const to = t * N + n, next = to + N;
        y[to] = a0; y[to + 1] = a1; y[to + 2] = a2; y[to + 3] = a3;
        y[next] = b0; y[next + 1] = b1; y[next + 2] = b2; y[next + 3] = b3;
      }
    }
    if (even < rows) oneRow(y.subarray(even * N), x.subarray(even * K), w, K, N);
  };

  const gate = (x, up, count) => {
    for (let n = 0; n < count; n += 1) x[n] *= up[n] / (1 + Math.exp(-x[n]));
  };

  const plain = () => ({ Numbers: Float64Array, kept: (w) => w, multiply, gate });

  const BYTES = 4;
  const PAGE = 65536;  // bytes by which the kernel's memory grows

  /* What is kept lies at the memory's beginning; operands follow it, and are
     there for one call. */
  const kernel = (bytes) => {
    if (!WebAssembly.validate(bytes)) return null;
    let instance;
    try {
      instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    } catch {
      return null;  // a server's content policy may forbid it
    }
    const { memory, ...run } = instance.exports;
    let floats = new Float32Array(memory.buffer);
    let end = 0;
    const reach = (length) => {
      const lacking = length - floats.length;
      if (lacking <= 0) return;
      memory.grow(Math.ceil(lacking * BYTES / PAGE));
      floats = new Float32Array(memory.buffer);
    };
    const kept = (w) => {
      reach(end + w.length);
      floats.set(w, end);
      end += w.length;
      return { place: end - w.length };
    };
    return {
      Numbers: Float32Array,
      kept,
      multiply: (y, x, w, rows, K, N) => {
        const xAt = end, yAt = xAt + rows * K, wAt = yAt + rows * N;
        reach(wAt + K * N);
        floats.set(x.subarray(0, rows * K), xAt);
        if (w.place === undefined) floats.set(w.subarray(0, K * N), wAt);
        run.multiply(yAt * BYTES, xAt * BYTES, (w.place ?? wAt) * BYTES, rows, K, N);
        y.set(floats.subarray(yAt, yAt + rows * N));
      },
      gate: (x, up, count) => {
        const xAt = end, upAt = xAt + count;
        reach(upAt + count);
        floats.set(x.subarray(0, count), xAt);
        floats.set(up.subarray(0, count), upAt);
        run.gate(xAt * BYTES, upAt * BYTES, count);
        x.set(floats.subarray(xAt, xAt + count));
      },
    };
  };

  return { PANEL, pack, plain, kernel };
})();
