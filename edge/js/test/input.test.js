// What callers and visitors can hand in: whatever it is, a method answers and does not throw.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../edgewise.js";
import { Instance } from "../lib/instance.js";
import { bytesOf, group, needsCorpus } from "./bundles.js";

const engine = (name) => load(bytesOf(group(name)), { now: 0 });

const circle = { context: {} };
circle.context.geo = circle.context;
circle.context.anything = circle;

const biting = new Proxy({}, { get() { throw new Error("bite"); }, ownKeys() { throw new Error("bite"); }, has() { throw new Error("bite"); }, getPrototypeOf() { throw new Error("bite"); } });

test("an input that is none is answered with what is wrong", needsCorpus, async () => {
  const edgewise = await engine("first-match");
  for (const [input, error] of [
    [null, "want an object, have null"],
    [5, "want an object, have a number"],
    ["{}", "want an object, have a string"],
    [[], "want an object, have an array"],
    [{ context: 5 }, "context: want an object, have a number"],
    [{ context: [] }, "context: want an object, have an array"],
    [{ consent: "C..." }, "consent: want an object, have a string"],
    [{ consent: { granted: "all" } }, "consent.granted: want an array of strings, have a string"],
    [{ consent: { granted: [1] } }, "consent.granted: want strings, have a number"],
    [{ decisions: "hero" }, "decisions: want an array of strings, have a string"],
    [{ decisions: [Symbol("hero")] }, "decisions: want strings, have a symbol"],
    [{ now: 5 }, "now: want an RFC 3339 time such as 2026-12-01T08:00:00Z, have 5"],
    [{ now: "yesterday" }, 'now: want an RFC 3339 time such as 2026-12-01T08:00:00Z, have "yesterday"'],
    [{ now: new Date(NaN) }, "now: want an RFC 3339 time such as 2026-12-01T08:00:00Z, have null"],
    [{ sticky: [] }, "sticky: want an object, have an array"],
    [{ preview: { hero: 5 } }, "preview: want the names of variants, have a number"],
    [{ decisions: Array.from({ length: 8193 }, (_, i) => `d${i}`) }, "decisions: more than 8192 at once"],
    [biting, "the input cannot be read: bite"],
    [{ context: biting }, "the input cannot be read: bite"],
    [{ get context() { throw undefined; } }, "the input cannot be read: undefined"],
  ]) {
    assert.deepEqual(edgewise.decide(input), { error });
    assert.ok("error" in edgewise.explain(input));
  }
  for (const input of [null, 5, {}, { url: 5 }, { url: "/", headers: [["a"]] }, { url: "/", secret: "x" }, { url: "/", geo: [] }, biting, circle]) {
    assert.equal(typeof edgewise.plan(input).error, "string");
    assert.equal(typeof edgewise.handOver(input).error, "string");
  }
});

test("a value of a context may be anything", needsCorpus, async () => {
  const values = [
    undefined, null, true, 0, -0, 1.5, NaN, Infinity, -Infinity, 1e21, 2 ** 53, 2 ** 63, 10n, 2n ** 63n, -(2n ** 70n), "", "x", "\ud800", "x".repeat(1 << 20),
    "\u{1f600}".repeat(30000), Symbol("s"), () => 1, new Date(0), new Date(NaN), new Date(-1e15), new Uint8Array(5), new Uint8Array(1 << 20), new Float64Array(2), new Map([[1, 2]]),
    new Set([1]), /x/, [], [[]], [undefined, Symbol("s")], new Array(1e6), new Array(2 ** 32 - 1), Array.from({ length: 5000 }, () => "x"), {}, { a: 1 }, Object.create(null),
    Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`k${i}`, i])), circle, biting, { get country() { throw new Error("bite"); }, class: "mobile" },
    new Proxy([], { get: (target, key) => (key === "length" ? 1.5 : "x") }), new Proxy([1, 2], { get() { throw new Error("bite"); } }), JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`),
    JSON.parse('{"__proto__": {"country": "DE"}, "constructor": 1, "10": 2}'), new String("mobile"), new Proxy(Object.freeze(["a"]), {}), globalThis, new WeakMap(), Promise.resolve(),
  ];
  let answered = 0;
  for (const name of ["any-type", "typed-values", "lists", "first-match", "absent-attributes", "maps", "conversions"]) {
    if (!group(name)) continue;
    const edgewise = await engine(name);
    const names = edgewise.explain({ context: {} }) && namesOf(group(name));
    for (const attribute of names) {
      for (const value of values) {
        const nested = attribute.split(".").reduceRight((inner, key) => ({ [key]: inner }), value);
        for (const context of [{ [attribute]: value }, nested]) {
          assert.ok(edgewise.decide({ context }).decisions, `${name} ${attribute}`);
          answered++;
        }
      }
    }
    for (const context of values) {
      const answer = edgewise.decide({ context });
      assert.ok(answer.decisions || answer.error, name);
    }
    assert.deepEqual(edgewise.faults, { traps: 0, failedStarts: 0 }, name);
  }
  assert.ok(answered > 1000);
});

/** namesOf gives the names that a group's contexts have. */
function namesOf({ cases }) {
  return [...new Set(cases.flatMap((c) => Object.keys(c.in.context ?? {})))];
}

test("names that objects have anyway can be asked for", needsCorpus, async () => {
  const edgewise = await engine("first-match");
  const decisions = ["__proto__", "constructor", "10", "toString", "\ud800"];
  const answer = edgewise.decide({ decisions });
  assert.deepEqual(Object.keys(answer.decisions).sort(), [...decisions.slice(0, 4), "\ufffd"].sort());
  assert.equal(answer.decisions.constructor.error, 'no decision "constructor"');
  assert.equal(Object.getPrototypeOf(answer.decisions), Object.prototype);
});

test("what an input holds cannot ask while it is read", needsCorpus, async () => {
  const edgewise = await engine("first-match");
  const said = [];
  const context = {
    get "device.class"() {
      said.push(edgewise.decide({}).error);
      assert.throws(() => edgewise.load(bytesOf(group("splits"))), /load is called by what an input holds/);
      return "mobile";
    },
  };
  const answer = edgewise.decide({ context });
  assert.deepEqual(answer, edgewise.decide({ context: { "device.class": "mobile" } }));
  for (const error of said) assert.match(error, /called by what an input holds/);
});

test("memory grows with what is asked, and the answers stay", needsCorpus, async () => {
  const edgewise = await engine("first-match");
  const small = JSON.stringify(edgewise.decide({ context: { "device.class": "mobile" } }));
  for (const length of [100, 5000, 16000, 65000, 70000]) {
    const cookies = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i}`, "x".repeat(length)]));
    const big = edgewise.decide({ context: { "device.class": "mobile", "request.query": cookies, "request.path": "/".repeat(length) }, consent: { tcf: "C".repeat(length), cookies } });
    assert.ok(big.decisions);
    assert.equal(JSON.stringify(edgewise.decide({ context: { "device.class": "mobile" } })), small);
  }
  assert.deepEqual(edgewise.faults, { traps: 0, failedStarts: 0 });
});

test("a trap is answered with defaults, counted, and the next question by a fresh instance", needsCorpus, async (t) => {
  const edgewise = await engine("first-match");
  const input = { context: { "device.class": "mobile" } };
  const before = edgewise.decide(input);
  const { place } = Instance.prototype;
  t.after(() => { Instance.prototype.place = place; });
  Instance.prototype.place = () => { throw new WebAssembly.RuntimeError("unreachable"); };
  const fallback = edgewise.decide({ ...input, decisions: [...Object.keys(before.decisions), "none"] });
  for (const [name, answer] of Object.entries(fallback.decisions)) {
    assert.equal(answer.reason, "ERROR");
    assert.equal(answer.error, name === "none" ? 'no decision "none"' : "engine trap");
  }
  assert.ok(Object.values(fallback.decisions).some(({ value }) => value !== undefined), "no default has a value");
  assert.deepEqual(edgewise.explain(input), { error: "the engine stopped" });
  assert.equal(edgewise.plan({ url: "https://shop.example/a?b#c", headers: [["Edgewise-Key", "x"]] }).origin.path, "/a?b");
  assert.equal(edgewise.handOver({ url: "/" }), undefined);
  Instance.prototype.place = place;
  assert.deepEqual(edgewise.decide(input), before);
  assert.deepEqual(edgewise.faults, { traps: 4, failedStarts: 0 });
});

test("answers cannot be changed by who got them", needsCorpus, async () => {
  const edgewise = await engine("first-match");
  const answer = edgewise.decide({});
  const [name] = Object.keys(answer.decisions);
  assert.throws(() => { answer.decisions[name].variant = "other"; }, TypeError);
  answer.decisions = {};
  assert.notDeepEqual(edgewise.decide({}).decisions, {});
});
