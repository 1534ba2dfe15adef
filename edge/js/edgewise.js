// Edgewise in JavaScript: the module that edges and origins run, with the same answers, in Node, in browsers and in Workers.
//
//	const edgewise = await load(bundle);
//	edgewise.decide({ context: { "geo.country": "DE" } }).decisions.hero.variant;
//
// Nothing that comes from a visitor makes a method throw: what is wrong with an input is the answer's error, and where the engine stops in the middle of
// a question the answer is what the bundle declares for that.
import { Answers } from "./lib/answer.js";
import { Bundle } from "./lib/bundle.js";
import { Instance, Trap } from "./lib/instance.js";
import { limits } from "./lib/layout.js";
import { Mistake } from "./lib/mistake.js";
import { compile } from "./lib/module.js";
import { Question } from "./lib/question.js";
import { EdgewiseRefusal, refusal, tooLarge } from "./lib/refusal.js";
import { accepted, readRelease, unsigned } from "./lib/release.js";
import { Schema } from "./lib/schema.js";
import { parseTimestamp } from "./lib/text.js";
import { encodePolicy } from "./lib/trust.js";
import { plain, writeVisit } from "./lib/visit.js";
import { Writer } from "./lib/writer.js";

export { EdgewiseRefusal };

/**
 * load starts an engine with a bundle. It rejects with an EdgewiseRefusal where the bundle is refused, and with a TypeError where an option is none.
 * @param {ArrayBuffer | ArrayBufferView} bytes a compiled bundle; with trust a signed envelope
 * @param {import("./edgewise.js").Options} [options]
 * @returns {Promise<Edgewise>}
 */
export async function load(bytes, options = {}) {
  return new Edgewise(await compile(options.module), bytes, options);
}

/** Edgewise decides with one bundle at a time. load, the function, makes it. */
export class Edgewise {
  #module;
  #options;
  #clock;
  #loaded;
  #accepted;
  #busy = false;
  #faults = { traps: 0, failedStarts: 0 };

  constructor(module, bytes, options) {
    this.#module = module;
    this.#options = options;
    this.#clock = clockOf(options.now);
    this.#accepted = options.accepted ?? {};
    this.load(bytes);
  }

  /** The name and the version of the bundle in service; version 0 is one that is not signed. */
  get bundle() {
    return this.#loaded.answers.about;
  }

  /** What the engine has accepted. Whoever verifies keeps it and gives it to the next load, so that no older version is taken. */
  get accepted() {
    return { ...this.#accepted };
  }

  /** How often an engine stopped in the middle of a question, and how often it could not be started again. */
  get faults() {
    return { ...this.#faults };
  }

  /**
   * load puts another bundle in the place of the one in service. Where it is refused it throws an EdgewiseRefusal, and the one before goes on.
   * @param {ArrayBuffer | ArrayBufferView} bytes
   */
  load(bytes) {
    if (this.#busy) throw new Error("edgewise: load is called by what an input holds");
    const data = bytesOf(bytes);
    const most = this.#options.trust === undefined ? limits.bundle : limits.envelope;
    if (data.length > most) throw tooLarge(data.length, most);
    const now = Math.floor(this.#clock() / 1000);
    const policy = this.#options.trust === undefined ? undefined : encodePolicy({ ...this.#options, accepted: this.#accepted }, now);
    const loaded = this.#start(data, policy, this.#reusable());
    this.#loaded = loaded;
    if (policy) this.#accepted = accepted(this.#accepted, loaded.release, now);
  }

  /** reusable is the instance that is there, unless it has stopped: it keeps its bundle until another one is loaded, and its memory. */
  #reusable() {
    return this.#loaded?.stopped === false ? this.#loaded.instance : undefined;
  }

  /** start loads a bundle into an instance; into a fresh one where that stops, or where there is none. */
  #start(data, policy, instance) {
    try {
      return this.#with(instance ?? new Instance(this.#module), data, policy);
    } catch (error) {
      if (instance === undefined || !isTrap(error)) throw error;
      this.#stop();
      return this.#with(new Instance(this.#module), data, policy);
    }
  }

  #with(instance, data, policy) {
    const refused = instance.load(data, policy);
    if (refused !== 0) throw refusal(refused);
    const release = policy ? readRelease(data) : unsigned(data);
    const bundle = new Bundle(release.payload);
    const writer = new Writer(instance);
    return {
      data, policy, release, bundle, instance, writer, question: new Question(new Schema(bundle), writer), answers: new Answers(bundle, release), stopped: false,
    };
  }

  /**
   * decide answers an input, the object that a line of `edgewise decide` holds, with the object that it prints; {error} where the input is none.
   * @param {object} [input]
   */
  decide(input = {}) {
    return this.#ask(deciding, input);
  }

  /**
   * explain says why each decision that the input asks for is answered as it is: what a line of `edgewise explain --json` prints.
   * @param {object} [input]
   */
  explain(input = {}) {
    return this.#ask(explaining, input);
  }

  /**
   * plan says what to do with a request, the object that a line of `edgewise plan` holds, as the object that it prints.
   * @param {object} request
   */
  plan(request) {
    return this.#ask(planning, request);
  }

  /**
   * handOver gives what to send to the origin for the deferred decisions of a request: the body of a POST and its Edgewise-Signature. Undefined where there
   * is nothing to hand over.
   * @param {object} request
   */
  handOver(request) {
    return this.#ask(handingOver, request);
  }

  /** ask has the module answer an input, and discards the instance where that stops: then what stands in for the answer is given. */
  #ask(task, input) {
    if (this.#busy) return { error: "called by what an input holds, while that is read" };
    this.#busy = true;
    try {
      if (this.#loaded.stopped) this.#restart();
      const loaded = this.#loaded;
      try {
        task.write(loaded, input, this.#clock);
      } catch (error) {
        if (!isTrap(error)) return { error: error instanceof Mistake ? error.message : `the input cannot be read: ${wordsOf(error)}` };
        this.#stop();
      }
      if (loaded.stopped) return task.otherwise(loaded, input);
      try {
        return task.answer(loaded);
      } catch {
        this.#stop();
        return task.otherwise(loaded, input);
      }
    } finally {
      this.#busy = false;
    }
  }

  #stop() {
    this.#faults.traps++;
    this.#loaded.stopped = true;
  }

  #restart() {
    try {
      this.#loaded = this.#start(this.#loaded.data, this.#loaded.policy);
    } catch {
      this.#faults.failedStarts++;
    }
  }
}

// What an engine is asked: how the input is written, which answer the module gives, and what stands in for it where the module stops.

const deciding = {
  write: ({ question }, input, clock) => question.make(input, clock),
  answer({ instance, question, writer, answers }) {
    if (!instance.place(instance.exports.decide(4 * writer.at))) throw new Trap("took a question for none");
    return answers.read(instance, question);
  },
  otherwise: ({ answers, question }) => answers.defaults(question),
};

const explaining = {
  write({ question }, input, clock) {
    question.make(input, clock);
    const unknown = question.asked.find(({ index }) => index < 0);
    if (unknown) throw new Mistake(`no decision "${unknown.name}"`);
  },
  answer: ({ instance, question, writer }) => question.asked.map(({ index }) => {
    if (!instance.place(instance.exports.explain(4 * writer.at, index))) throw new Trap("took a question for none");
    return JSON.parse(instance.text());
  }),
  otherwise: () => ({ error: "the engine stopped" }),
};

const planning = {
  write: ({ writer }, request, clock) => writeVisit(writer, request, clock),
  answer({ instance, writer }) {
    if (!instance.place(instance.exports.plan(4 * writer.at))) throw new Trap("took a request for none");
    return JSON.parse(instance.text());
  },
  otherwise: (loaded, request) => plain(request),
};

const handingOver = {
  write: planning.write,
  answer({ instance, writer }) {
    if (!instance.place(instance.exports.hand_over(4 * writer.at))) return undefined;
    const [signature, body] = instance.text().split("\n", 2);
    return { signature, body };
  },
  otherwise: () => undefined,
};

const isTrap = (error) => error instanceof Trap || error instanceof WebAssembly.RuntimeError;

/** wordsOf is what an error says, or whatever else an input's getter threw. */
function wordsOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return "it does not say why";
  }
}

/** bytesOf is a copy, which nobody else changes. */
function bytesOf(bytes) {
  if (bytes instanceof ArrayBuffer || Object.prototype.toString.call(bytes) === "[object ArrayBuffer]") return new Uint8Array(bytes).slice();
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice();
  throw new TypeError("load: want a bundle's bytes, as an ArrayBuffer or a Uint8Array");
}

/** clockOf is a function that gives the time in milliseconds since 1970. */
function clockOf(now) {
  if (now === undefined) return Date.now;
  if (typeof now === "function") return () => Number(now());
  const time = typeof now === "string" ? parseTimestamp(now) : undefined;
  const milliseconds = time ? time.seconds * 1000 + time.nanos / 1e6 : now instanceof Date ? now.getTime() : now;
  if (typeof milliseconds !== "number" || !Number.isFinite(milliseconds)) throw new TypeError("now: want a Date, milliseconds since 1970, an RFC 3339 time, or a function that gives one of the former");
  return () => milliseconds;
}
