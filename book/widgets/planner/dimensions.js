/* The page of dimensions: shapes, parameters, FLOPs and the cache. */
"use strict";

(() => {
  const { py, Term, make, letter, digits, inLetters, inNumbers, number } = planner;
  const { words } = planner.reading;
  const { bytes, inUnits, inCounts, percent, formula, bar, table, tally } = planner.shown;
  const module = (name) => planner.arithmetic[`xfmr.${name}`];

  const ASKED = [
    { name: "n_tokens", first: "1024", label: () => ["Tokens of a text ", letter("T")] },
    { name: "batch_size", first: "1", label: () => ["Texts at a time ", letter("B")] },
    {
      name: "dtype", first: "bf16", options: ["bf16", "fp16", "fp32"],
      label: () => ["Type of numbers"],
    },
    {
      name: "causal", first: false, flag: true,
      label: () => ["Count scores only where a query may read"],
    },
  ];

  const compute = (config, { n_tokens, batch_size, dtype, causal }) => {
    const count = module("count");
    const T = Term.named("T", n_tokens);
    const B = Term.named("B", batch_size);
    const b = Term.named("b", module("memory").bytes_of(dtype));
    const lengths = words({ n_tokens: T, causal });
    const parts = [...count.parts(config)];
    const flops = [...module("compute").flops(config, lengths)];
    const made = {
      parts, flops, b,
      total: count.parameters(config),
      rest: count.non_embedding(config),
      active: count.active(config),
      weights: module("shapes").weights(config),
      streams: module("streams").made(
        config, words({ n_tokens: T, batch_size: B })),
      forward: py.sum(flops.map(([, n]) => n)),
      training: module("compute").training_flops(config, lengths),
      cache: null,
    };
    if (config.heads.includes("lm")) {
      made.cache = cacheOf(config, T, B, b);
    }
    return made;
  };

  /* What decoding keeps of a batch, and of a token more in one text. */
  const cacheOf = (config, T, B, b) => {
    const kept = (n_tokens, more = {}) => module("memory").kv_cache_bytes(
      config, words({ n_tokens, bytes_per_number: b, ...more }));
    const source = config.n_decoder_layers === null ? null : 1n;
    const [one, two] = [1n, 2n].map((n) => kept(n, { n_source: source }));
    return { all: py.mul(B, kept(T)), each: py.sub(two, one) };
  };

  const facts = tally();
  const parts = table("Parameters by part", [
    ["part"], ["parameters", true], ["share", true],
    ["formula, and with your numbers"]]);
  const weights = table("Every weight", [
    ["weight"], ["shape"], ["in letters"], ["times", true], ["parameters", true]]);
  const streams = table("What a forward pass makes", [
    ["tensor"], ["shape"], ["in letters"], ["times", true], ["bytes", true]]);
  const flops = table("FLOPs of a forward pass", [
    ["part"], ["FLOPs", true], ["share", true],
    ["formula, and with your numbers"]]);
  const cache = table("What decoding keeps", [
    ["kept"], ["bytes", true], ["in short", true],
    ["formula, and with your numbers"]]);

  const between = (pieces) => pieces.flatMap((piece, n) =>
    (n ? [" × ", ...piece] : piece));
  const shapeRow = (shape, last) => [
    make("span", {}, `${shape.part}: `, make("code", { textContent: shape.name })),
    make("span", { className: "shape" }, between(shape.sizes.map(
      (size) => [digits(number(size))])).join("")),
    make("span", { className: "letters" }, ...between(shape.sizes.map(
      (size) => wrapped(size)))),
    digits(number(shape.times)),
    last,
  ];
  const wrapped = (size) => {
    const several = size instanceof Term && size.polynomial.size > 1;
    return several ? ["(", ...inLetters(size), ")"] : inLetters(size);
  };

  const formulaRows = (entries, whole) => entries.map(([name, value]) => [
    name, digits(number(value)), bar(value, whole), formula(value)]);
  const keptRow = (name, value) => [
    name, digits(number(value)), bytes(value), formula(value)];

  const show = (made) => {
    const { total, forward } = made;
    facts.fill([
      ["parameters", digits(number(total)), inCounts(total)],
      ...(number(made.active) === number(total) ? [] : [
        ["that a token meets", digits(number(made.active)), inCounts(made.active)]]),
      ["outside the embeddings", digits(number(made.rest)), inCounts(made.rest)],
      ["FLOPs of a forward pass", digits(number(forward)), inUnits(forward, "FLOPs")],
      ["of a training step", digits(number(made.training)), inUnits(made.training, "FLOPs")],
      ...(made.cache ? [["cache of the batch", digits(number(made.cache.all)), bytes(made.cache.all)]] : []),
    ]);
    parts.fill(formulaRows(made.parts, total),
      ["together", digits(number(total)), "100%", ""]);
    weights.fill(
      made.weights.map((one) => shapeRow(one, digits(number(one.numbers)))),
      ["together", "", "", "", digits(number(total))]);
    streams.fill(made.streams.map((one) =>
      shapeRow(one, bytes(py.mul(made.b, one.numbers)))));
    flops.fill(formulaRows(made.flops, forward),
      ["together", digits(number(forward)), "100%", ""]);
    cache.frame.hidden = !made.cache;
    if (made.cache) {
      cache.fill([
        keptRow("of each token", made.cache.each),
        keptRow("of the batch", made.cache.all)]);
    }
  };

  planner.pages ??= {};
  planner.pages.dimensions = {
    asked: ASKED,
    results: {
      legend: "What it reads",
      parts: [facts.list, parts.frame, flops.frame, cache.frame, weights.frame, streams.frame],
      compute, show,
      notes: (config, preset) => [
        ...(preset ? [`published as ${preset.published}: ${preset.in}`] : []),
        ...(config.heads.includes("lm") ? []
          : ["no head for a next token, so decoding keeps nothing"])],
      verdict: (name, read, made) =>
        `${name}: ${digits(number(made.total))} parameters, `
        + `${percent(Number(number(made.parts[0][1])), Number(number(made.total)))} of them in the token table. `
        + `Counted as ${read.counted}.`,
    },
  };
})();
