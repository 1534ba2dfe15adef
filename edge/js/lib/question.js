// Makes questions: reads an input, the object that a line of `edgewise decide` holds, and writes it as core/wire.go lays it out. It takes and
// refuses what package host/question does natively.
import { kinds, limits } from "./layout.js";
import { Consent } from "./consent.js";
import { Mistake, kindOf, shortened, texts, want } from "./mistake.js";
import { fromMilliseconds, parseTimestamp } from "./text.js";
import { Values, isAbsent } from "./value.js";

const sticky = 1; // what an override is
const preview = 2;

const mostKeys = 1 << 20; // of a context, at each depth: a line of JSON cannot hold more

/** unreadable stands for a value that a getter or a proxy keeps to itself: it has no reading as any type. */
const unreadable = Proxy.revocable({}, {});
unreadable.revoke();

/** isObject says whether a value may hold more names. */
function isObject(v) {
  try {
    return typeof v === "object" && v !== null && !Array.isArray(v);
  } catch {
    return false;
  }
}

/** @typedef {{name: string, index: number}} Asked a decision that is asked for; index -1: the bundle has none of that name */

function sameTexts(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** keysOf gives the keys of an object in a context; of a proxy that refuses none. */
function keysOf(object) {
  try {
    return Object.keys(object);
  } catch {
    return [];
  }
}

function valueOf(object, key) {
  try {
    return object[key];
  } catch {
    return unreadable.proxy;
  }
}

export class Question {
  /**
   * @param {import("./schema.js").Schema} schema
   * @param {import("./writer.js").Writer} writer
   */
  constructor(schema, writer) {
    this.schema = schema;
    this.writer = writer;
    this.values = new Values(writer, schema);
    this.consent = new Consent(schema, writer);
    const { bundle } = schema;
    /** @type {Asked[]} */
    this.all = Array.from({ length: bundle.decisions }, (_, index) => ({ name: bundle.decision(index), index }));
    /** @type {Asked[]} */
    this.asked = this.all;
    /** @type {string[]} the names that were asked for last, and what they came to: most callers ask for the same ones again */
    this.lastNames = [];
    /** @type {Asked[]} */
    this.lastAsked = [];
    this.given = new Array(schema.attributes.length).fill(undefined);
    this.object = new Uint32Array(schema.attributes.length); // the how manieth object the value is in; 0: none
    this.objects = 0;
    /** @type {Map<number, {sticky: number, preview: number}>} variants+1 by decision */
    this.overrides = new Map();
    this.seconds = 0;
  }

  /**
   * make reads an input and writes the question. A Mistake says what is wrong with the input.
   * @param {any} input
   * @param {() => number} clock the time where the input has none, in milliseconds since 1970
   */
  make(input, clock) {
    if (kindOf(input) !== "an object") throw new Mistake(`want an object, have ${kindOf(input)}`);
    const { context, consent, decisions, now, sticky: kept, preview: shown } = input;
    want("context", context, "object");
    const time = this.time(now, clock);
    this.consent.read(consent);
    this.ask(decisions);
    if (this.overrides.size > 0) this.overrides.clear();
    if (kept != null) this.override("sticky", kept, sticky);
    if (shown != null) this.override("preview", shown, preview);
    this.object.fill(0);
    this.objects = 0;
    if (context != null) this.collect(this.schema.names, context, Object.keys(context));
    this.write(time);
  }

  time(now, clock) {
    const time = now == null ? fromMilliseconds(clock()) : now instanceof Date ? fromMilliseconds(now.getTime()) : parseTimestamp(now);
    if (!time) throw new Mistake(`now: want an RFC 3339 time such as 2026-12-01T08:00:00Z, have ${shortened(now ?? "a clock without one")}`);
    this.seconds = time.seconds;
    return time;
  }

  /** ask notes which decisions are asked for: each once, in the order asked; without a list all. */
  ask(decisions) {
    this.asked = this.all;
    if (decisions == null) return;
    const names = texts("decisions", decisions);
    if (!sameTexts(names, this.lastNames)) {
      this.lastAsked = this.find(names);
      this.lastNames = names;
    }
    this.asked = this.lastAsked;
  }

  find(names) {
    const asked = new Map();
    for (const given of names) {
      const name = given.toWellFormed?.() ?? given;
      if (asked.has(name)) continue;
      if (asked.size === limits.asked) throw new Mistake(`decisions: more than ${limits.asked} at once`);
      asked.set(name, { name, index: this.schema.bundle.decisionsByName.get(name) ?? -1 });
    }
    return [...asked.values()];
  }

  /** override notes which variants decisions are to have. What is wrong with a sticky one is passed over: it may be masked. */
  override(key, object, what) {
    want(key, object, "object");
    for (const name of Object.keys(object)) {
      const variant = object[name];
      if (typeof variant !== "string") {
        if (what === preview && variant !== null && !isAbsent(variant)) throw new Mistake(`${key}: want the names of variants, have ${kindOf(variant)}`);
        continue;
      }
      const { bundle } = this.schema;
      const decision = bundle.decisionsByName.get(name) ?? -1;
      if (decision < 0) continue;
      const both = this.overrides.get(decision) ?? { sticky: 0, preview: 0 };
      both[key] = bundle.findVariant(decision, variant) + 1;
      this.overrides.set(decision, both);
    }
  }

  /**
   * collect notes the values of an object's attributes, of which the names are left that are given. What is noted first counts: so full names come first,
   * and then what is nested, from the longest keys to the shortest.
   * @param {import("./schema.js").Names} names
   * @param {string[]} keys the object's
   */
  collect(names, object, keys) {
    const within = ++this.objects;
    if (keys.length > mostKeys) throw new Mistake(`context: more than ${mostKeys} keys`);
    let nested; // keys of objects that may hold more names
    let dotted = false;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      const name = names.find(key, i);
      if (name === undefined) continue;
      const value = valueOf(object, key);
      if (name.names === undefined) {
        this.give(name.attribute, value, within);
      } else if (isObject(value)) {
        (nested ??= []).push({ key, names: name.names, value });
        dotted ||= key.includes(".");
      } else if (name.attribute >= 0) {
        this.give(name.attribute, value, within);
      }
    }
    if (nested === undefined) return;
    if (dotted) nested.sort((a, b) => a.key.length - b.key.length).reverse(); // otherwise none gives what another does
    for (const one of nested) this.collect(one.names, one.value, keysOf(one.value));
  }

  /** give notes the value of an attribute, unless one was noted that is in an object before this one. */
  give(attribute, value, within) {
    if (this.object[attribute] === 0 || this.object[attribute] === within) {
      if (isAbsent(value)) return;
      this.object[attribute] = within;
      this.given[attribute] = value;
    }
  }

  write(time) {
    const { writer, asked, consent, values } = this;
    writer.begin();
    writer.word(consent.granted);
    writer.integer(time.seconds);
    writer.word(time.nanos);
    const counts = writer.at;
    writer.need(5 + asked.length);
    for (let i = 0; i < 5; i++) writer.word(0);
    let decisions = 0;
    for (let i = 0; i < asked.length; i++) {
      if (asked[i].index < 0) continue;
      writer.word(asked[i].index);
      decisions++;
    }
    writer.set(counts, decisions);
    const signals = consent.write(); // may move the room, as writing values may
    let attributes = 0;
    values.begin();
    for (let i = 0; i < this.object.length; i++) {
      if (this.object[i] === 0) continue;
      const value = this.given[i];
      this.given[i] = undefined; // keeps nothing of the input
      if (value === null && this.schema.attributes[i].type.kind !== kinds.null_type) continue;
      writer.word(i);
      values.write(i, value);
      attributes++;
    }
    writer.set(counts + 1, attributes);
    writer.set(counts + 2, this.writeOverrides());
    writer.set(counts + 3, signals);
  }

  writeOverrides() {
    if (this.overrides.size === 0) return 0;
    let count = 0;
    for (const [decision, both] of [...this.overrides].sort(([a], [b]) => a - b)) {
      for (const [what, variant] of [[preview, both.preview], [sticky, both.sticky]]) {
        if (variant === 0) continue;
        this.writer.word(decision);
        this.writer.word(what);
        this.writer.word(variant - 1);
        count++;
      }
    }
    return count;
  }
}
