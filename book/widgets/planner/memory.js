/* The page of memory: what training and inference keep on one device. */
"use strict";

(() => {
  const { py, Term, make, letter, digits, number } = planner;
  const { words } = planner.reading;
  const { bytes, formula, bar, table, stack, tally, spelled } = planner.shown;
  const module = (name) => planner.arithmetic[`xfmr.${name}`];
  const RECOMPUTE = module("compute").RECOMPUTE;
  const STAGES = ["0", "1", "2", "3"];
  const GIB = 2n ** 30n;

  const ASKED = [
    { name: "n_tokens", first: "4096", label: () => ["Tokens of a text ", letter("T")] },
    { name: "batch_size", first: "1", label: () => ["Texts at a time on a rank ", letter("B")] },
    {
      name: "dtype", first: "bf16", options: ["bf16", "fp16", "fp32"],
      label: () => ["Type of numbers"],
    },
    {
      name: "zero", first: "0", options: STAGES,
      label: () => ["Stage of ZeRO"],
    },
    { name: "ranks", first: "8", label: () => ["Ranks ", letter("R")] },
    {
      name: "recompute", first: "none", options: RECOMPUTE,
      label: () => ["Recomputation"],
    },
    { name: "memory", first: "80", label: () => ["Memory of a device, in GiB"] },
  ];

  const compute = (config, asked) => {
    const { n_tokens, batch_size, dtype, memory } = asked;
    if (memory < 1n) {
      throw new py.ValueError(`memory=${memory} must be at least 1`);
    }
    const T = Term.named("T", n_tokens);
    const B = Term.named("B", batch_size);
    const b = Term.named("b", module("memory").bytes_of(dtype));
    const P = Term.named("P", number(module("count").parameters(config)));
    const R = Term.named("R", asked.ranks);
    const states = (zero) => [...module("memory").training_bytes(
      P, words({ dtype, zero: BigInt(zero), ranks: R }))];
    const kept = (recompute) => module("activations").activation_bytes(
      config, words({
        n_tokens: T, batch_size: B, recompute, bytes_per_number: b,
        dropout: module("activations").has_dropout(config),
      }));
    const hasLogits = ["lm", "mlm"].some((head) => config.heads.includes(head));
    const logits = hasLogits ? module("activations").logits_bytes(
      config, words({ n_tokens: T, batch_size: B })) : 0n;
    const training = (zero, recompute) => [
      ...states(zero), ["activations", kept(recompute)],
      ...(hasLogits ? [["logits", logits]] : [])];
    const sum = (parts) => py.sum(parts.map(([, n]) => number(n)));
    const inference = [["weights", py.mul(b, P)]];
    if (config.heads.includes("lm")) {
      inference.push(["cache", py.mul(B, module("memory").kv_cache_bytes(
        config, words({ n_tokens: T, bytes_per_number: b })))]);
    }
    const chosen = training(asked.zero, asked.recompute);
    return {
      asked, inference,
      room: memory * GIB,
      parts: chosen,
      total: sum(chosen),
      served: sum(inference),
      texts: number(batch_size),
      ways: STAGES.map((zero) =>
        RECOMPUTE.map((way) => sum(training(zero, way)))),
    };
  };

  /* How many texts there is room for beside what does not grow with them. */
  const mostTexts = (parts, growing, texts, room) => {
    const each = parts.filter(([name]) => growing.includes(name))
      .reduce((all, [, n]) => all + number(n), 0n) / texts;
    const fixed = parts.filter(([name]) => !growing.includes(name))
      .reduce((all, [, n]) => all + number(n), 0n);
    if (fixed > room || !each) return 0n;
    return (room - fixed) / each;
  };

  const facts = tally();
  const trained = stack("Training, on one rank");
  const KEPT = [["kept"], ["bytes", true], ["in short", true], ["share", true],
    ["formula, and with your numbers"]];
  const training = table("What training keeps", KEPT);
  const ways = table("Every way to train it", [
    ["stage of ZeRO"], ...RECOMPUTE.map((way) => [
      way === "none" ? "all kept" : `${way} recomputation`, true])]);
  const served = stack("Inference, on one device");
  const inference = table("What inference keeps", KEPT);

  const rows = (parts, whole) => parts.map(([name, value]) => [
    spelled(name), digits(number(value)), bytes(value), bar(value, whole),
    formula(value)]);
  const foot = (whole) => ["together", digits(whole), bytes(whole), "100%", ""];
  const fits = (total, room) => (total <= room
    ? `fits, and leaves ${bytes(room - total)}`
    : `does not fit: ${bytes(total - room)} too much`);
  const judged = (total, room, chosen) => make("span", {
    className: [total <= room ? "fits" : "exceeds", chosen ? "chosen" : ""].join(" "),
  }, `${bytes(total)} `, make("small", { textContent: total <= room ? "fits" : "too much" }));

  const show = (made) => {
    const { total, room, asked } = made;
    const of = `of ${bytes(room)}`;
    facts.fill([
      ["training, on one rank", bytes(total), `${of}: ${fits(total, room)}`],
      ["texts that would fit", digits(mostTexts(
        made.parts, ["activations", "logits"], made.texts, room)), "in training"],
      ["inference", bytes(made.served), `${of}: ${fits(made.served, room)}`],
      ["texts that would fit", made.inference.length < 2 ? "–" : digits(mostTexts(
        made.inference, ["cache"], made.texts, room)), "in inference"],
    ]);
    const limit = Number(room);
    trained.fill(made.parts, limit, `Training takes ${bytes(total)} ${of}`);
    served.fill(made.inference, limit, `Inference takes ${bytes(made.served)} ${of}`);
    training.fill(rows(made.parts, total), foot(total));
    inference.fill(rows(made.inference, made.served), foot(made.served));
    ways.fill(made.ways.map((row, zero) => [
      String(zero),
      ...row.map((sum, n) => judged(sum, room,
        String(zero) === asked.zero && RECOMPUTE[n] === asked.recompute))]));
  };

  planner.pages ??= {};
  planner.pages.memory = {
    asked: ASKED,
    results: {
      legend: "How it is run",
      parts: [facts.list, trained.box, training.frame, ways.frame, served.box, inference.frame],
      compute, show,
      notes: (config) => (config.heads.includes("lm") ? []
        : ["no head for a next token, so inference keeps no cache"]),
      verdict: (name, read, made) =>
        `${name}: training takes ${bytes(made.total)} on one rank and `
        + `${fits(made.total, made.room)}; inference takes ${bytes(made.served)} `
        + `and ${fits(made.served, made.room)}.`,
    },
  };
})();
