// Makes the object that a line of `edgewise decide` prints of the words that the module answers. What comes again and again is made once and frozen:
// the answer of a decision by a rule, and what is said of consent.
import { answerWords, flags, limits, reasons, trapped } from "./layout.js";

const mostKept = 1 << 14; // answers that are kept

export class Answers {
  /**
   * @param {import("./bundle.js").Bundle} bundle
   * @param {{version: number, freshUntil: number}} validity version 0: not signed; freshUntil in seconds since 1970, 0: always
   */
  constructor(bundle, validity) {
    this.bundle = bundle;
    this.freshUntil = validity.freshUntil;
    this.about = Object.freeze({ name: bundle.name, version: validity.version });
    this.purposes = Array.from({ length: bundle.purposes }, (_, i) => bundle.purpose(i));
    this.values = new Array(bundle.variants); // by variant, parsed
    // A list by rule, and behind those by decision for answers without one.
    this.kept = new Array(bundle.rules + bundle.decisions);
    this.count = 0;
    /** @type {import("./question.js").Asked[] | undefined} what was asked for last */
    this.asked = undefined;
    this.places = {};
    this.head = 1 + 2 * (bundle.purposes - 1); // words before those of decisions
    this.evidence = new Uint32Array(this.head); // what consent was made of
    this.consent = undefined;
    /** @type {Map<string, object>[]} what was said of a purpose, by its evidence */
    this.said = this.purposes.map(() => new Map());
  }

  /**
   * read makes the answer that instance has placed.
   * @param {import("./instance.js").Instance} instance
   * @param {import("./question.js").Question} question
   */
  read(instance, question) {
    const { words } = instance;
    let at = instance.start >>> 2;
    const consent = this.readConsent(instance, at);
    at += this.head;
    const { asked } = question;
    const decisions = this.room(asked);
    for (let i = 0; i < asked.length; i++) {
      const { index, name } = asked[i];
      if (index < 0) {
        decisions[name] = this.unknown(name, question.seconds);
        continue;
      }
      decisions[name] = this.decision(index, words[at + 1], words[at + 2], words[at + 3]);
      at += answerWords;
    }
    return { decisions, consent, bundle: this.about };
  }

  /**
   * room is an object with a place for each decision: a copy of one that is kept, which is faster than to add them one by one. The names may be anything that
   * somebody asked for.
   */
  room(asked) {
    if (asked !== this.asked) {
      this.asked = asked;
      this.places = {};
      for (const { name } of asked) Object.defineProperty(this.places, name, { value: undefined, enumerable: true, configurable: true, writable: true });
    }
    return { ...this.places };
  }

  unknown(name, seconds) {
    return { reason: reasons[0], ...this.staleness(seconds), error: `no decision "${name}"` };
  }

  staleness(seconds) {
    return this.freshUntil !== 0 && seconds >= this.freshUntil ? { stale: true } : {};
  }

  /** decision gives an answer, which is kept: its variant+1, its rule+1, and the word with its reason and flags. */
  decision(index, variant, rule, tail) {
    const slot = rule > 0 ? rule - 1 : this.bundle.rules + index;
    for (let one = this.kept[slot]; one !== undefined; one = one.next) {
      if (one.variant === variant && one.tail === tail && one.index === index) return one.answer;
    }
    if (this.count++ === mostKept) {
      this.kept.fill(undefined);
      this.count = 1;
    }
    const answer = Object.freeze(this.make(variant, rule, tail));
    this.kept[slot] = { index, variant, tail, answer, next: this.kept[slot] };
    return answer;
  }

  make(variant, rule, tail) {
    const { bundle } = this;
    const reason = reasons[tail & 0xffff];
    const answer = variant > 0 ? { variant: bundle.variant(variant - 1), value: this.value(variant - 1), reason } : { reason };
    if (rule > 0) answer.rule = bundle.rule(rule - 1);
    if ((tail >>> 16) & flags.stale) answer.stale = true;
    const deferral = rule > 0 && reason === "DEFERRED" ? bundle.deferral(rule - 1) : undefined;
    if (deferral) answer.defer = deferral;
    if ((tail >>> 16) & flags.sticky) answer.sticky = true;
    return answer;
  }

  value(variant) {
    if (this.values[variant] === undefined) this.values[variant] = freeze(JSON.parse(this.bundle.value(variant)));
    return this.values[variant];
  }

  /** readConsent gives what is said of the evidence at a place; that of the answer before where it is the same. */
  readConsent(instance, at) {
    const { words } = instance;
    let same = this.consent !== undefined;
    for (let i = 0; i < this.head; i++) {
      if (this.evidence[i] !== words[at + i]) same = false;
      this.evidence[i] = words[at + i];
    }
    if (same) return this.consent;
    const consent = {};
    const [jurisdiction] = this.evidence;
    for (let p = 1; p < this.purposes.length; p++) {
      consent[this.purposes[p]] = this.because(instance, p, jurisdiction, this.evidence[2 * p - 1], this.evidence[2 * p]);
    }
    return (this.consent = Object.freeze(consent));
  }

  because(instance, purpose, jurisdiction, what, detail) {
    const said = this.said[purpose];
    const key = `${jurisdiction} ${what} ${detail}`;
    let answer = said.get(key);
    if (answer === undefined) {
      const because = instance.place(instance.exports.because(purpose, jurisdiction, what, detail)) ? instance.text() : "";
      answer = Object.freeze({ granted: ((what >>> 16) & 1) === 1, because });
      if (said.size >= limits.values) said.clear();
      said.set(key, answer);
    }
    return answer;
  }

  /**
   * defaults is the answer where no engine could give one: what the bundle declares for that. A page needs it, whatever went wrong.
   * @param {import("./question.js").Question} question
   */
  defaults(question) {
    const decisions = this.room(question.asked);
    const stale = this.staleness(question.seconds);
    for (const { index, name } of question.asked) {
      const variant = index < 0 ? 0 : this.bundle.fallback(index);
      decisions[name] = index < 0 ? this.unknown(name, question.seconds)
        : { ...(variant > 0 ? this.make(variant, noRule, 0) : {}), reason: reasons[0], ...stale, error: trapped };
    }
    const consent = {};
    for (const purpose of this.purposes.slice(1)) consent[purpose] = { granted: false, because: trapped };
    return { decisions, consent, bundle: this.about };
  }
}

const noRule = 0;

/** freeze freezes a value of JSON and all that is in it. */
function freeze(v) {
  if (typeof v === "object" && v !== null) {
    Object.freeze(v);
    for (const inner of Object.values(v)) freeze(inner);
  }
  return v;
}
