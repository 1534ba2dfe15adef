// Runs the WebAssembly module in V8 and answers what package v8 asks on standard input. A request is a byte that says what is
// wanted, the length of what follows as a little-endian word, and that; an answer is 0, or 1 for a trap, and likewise. The first request is
// the module. How it is called is specified in edge/wasm/main.go.
import { readSync, writeSync } from "node:fs";
import { performance } from "node:perf_hooks";

let module, engine;

// Engine is an instance of the module. memory is a view that is made anew whenever the memory has grown.
class Engine {
  constructor() {
    this.exports = new WebAssembly.Instance(module, {}).exports;
    this.exports._initialize();
    if (this.exports.abi_version() !== 1) throw new Error("the module speaks another version of the interface");
    this.memory = new Uint8Array(this.exports.memory.buffer);
  }

  view() {
    if (this.memory.buffer !== this.exports.memory.buffer) this.memory = new Uint8Array(this.exports.memory.buffer);
    return this.memory;
  }

  // load gives 0, or the code of a refusal.
  load(bundle) {
    const address = this.exports.reserve(bundle.length) >>> 0;
    if (address === 0) throw new Error(`no room for a bundle of ${bundle.length} bytes`);
    this.view().set(bundle, address);
    return this.exports.load(bundle.length) >>> 0;
  }

  // trust has the engine take signed bundles only from now on.
  trust(policy) {
    const address = this.exports.question(policy.length) >>> 0;
    this.view().set(policy, address);
    if (this.exports.trust(policy.length) === 0) throw new Error("did not take the policy");
    this.trusting = true;
  }

  // ask hands a question over, calls a function with its length and gives a view of the answer, which is good until the next call.
  ask(answer, question, index) {
    const address = this.exports.question(question.length) >>> 0;
    if (address === 0) throw new Error("no room for the question");
    this.view().set(question, address);
    const place = answer(question.length, index);
    const start = Number(place >> 32n);
    if (start === 0 && answer !== this.exports.hand_over) throw new Error("took a question for none");
    return this.view().subarray(start, start + Number(place & 0xffffffffn));
  }
}

const word = (bytes, at = 0) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);

const fromWord = (n) => new Uint8Array(new Uint32Array([n]).buffer);

const fromDouble = (x) => new Uint8Array(new Float64Array([x]).buffer);

// split gives the parts of a list: each is its length as a word, and so many bytes.
function split(list) {
  const parts = [];
  for (let at = 0; at < list.length; at += 4 + parts.at(-1).length) parts.push(list.subarray(at + 4, at + 4 + word(list, at)));
  return parts;
}

// bestOf measures a function that does something count times: the nanoseconds that one of them takes, in the best of the runs that
// fit into so many milliseconds.
function bestOf(milliseconds, count, run) {
  let best = Infinity;
  const end = performance.now() + milliseconds;
  for (let start = performance.now(); start < end; start = performance.now()) {
    run();
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1e6) / count;
}

const commands = {
  // The module itself.
  m(wasm) {
    module = new WebAssembly.Module(wasm);
    return fromWord(0);
  },
  // A bundle, for an engine that may have another already.
  l(bundle) {
    if (!engine || engine.trusting) engine = new Engine();
    return fromWord(engine.load(bundle));
  },
  // A policy and an envelope.
  v(asked) {
    const [policy, envelope] = split(asked);
    engine = new Engine();
    engine.trust(policy);
    return fromWord(engine.load(envelope));
  },
  d(question) {
    return engine.ask(engine.exports.decide, question);
  },
  // A decision's index as a word, and a question.
  x(asked) {
    return engine.ask(engine.exports.explain, asked.subarray(4), word(asked));
  },
  // A condition's index as a word, and a question.
  e(asked) {
    return engine.ask(engine.exports.evaluate, asked.subarray(4), word(asked));
  },
  a(visit) {
    return engine.ask(engine.exports.plan, visit);
  },
  h(visit) {
    return engine.ask(engine.exports.hand_over, visit);
  },
  p() {
    return fromWord(engine.exports.memory.buffer.byteLength / 65536);
  },
  // For how many milliseconds to measure, and a list of questions: how long the decisions of a question take, hand-over included.
  t(asked) {
    const questions = split(asked.subarray(4));
    const rounds = 16;
    let sum = 0;
    const nanoseconds = bestOf(word(asked), rounds * questions.length, () => {
      for (let i = 0; i < rounds; i++) {
        for (const question of questions) sum += engine.ask(engine.exports.decide, question)[4];
      }
    });
    return fromDouble(sum < 0 ? NaN : nanoseconds);
  },
  // For how many milliseconds to measure, and a list of a bundle and a question: how long it takes to the first decision of a new instance.
  s(asked) {
    const [bundle, question] = split(asked.subarray(4));
    return fromDouble(bestOf(word(asked), 1, () => {
      const fresh = new Engine();
      fresh.load(bundle);
      fresh.ask(fresh.exports.decide, question);
    }));
  },
};

// read waits for so many bytes; at the end of the input the program ends.
function read(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const got = readSync(0, bytes, at, length - at);
    if (got === 0) process.exit(0);
    at += got;
  }
  return bytes;
}

function write(bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

for (;;) {
  const [command] = read(1);
  const asked = read(word(read(4)));
  let trapped = 0;
  let answer;
  try {
    answer = commands[String.fromCharCode(command)](asked);
  } catch (error) {
    trapped = 1;
    engine = undefined; // a trap poisons an instance
    answer = new TextEncoder().encode(String(error));
  }
  const reply = new Uint8Array(5 + answer.length);
  reply[0] = trapped;
  reply.set(fromWord(answer.length), 1);
  reply.set(answer, 5);
  write(reply);
}
