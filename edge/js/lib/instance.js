// An instance of the module: its functions, looked up once, and views of its memory that are made anew whenever that has grown. Its interface
// is specified in edge/wasm/main.go.

const abi = 1;
const noMemory = 15; // the code of such a refusal (format.NoMemory)
const firstRoom = 8 << 10; // bytes for questions, which hold most

const needed = ["_initialize", "abi_version", "reserve", "trust", "load", "refusal", "question", "decide", "explain", "plan", "hand_over", "because"];

const decoder = new TextDecoder();

/** The module did not do what it promises. Whoever meets this, or a WebAssembly.RuntimeError, discards the instance. */
export class Trap extends Error {}

export class Instance {
  /** @param {WebAssembly.Module} module */
  constructor(module) {
    const exports = new WebAssembly.Instance(module, {}).exports;
    for (const name of needed) {
      if (typeof exports[name] !== "function") throw new Trap(`the module does not export ${name}: it is not Edgewise's, or of another version`);
    }
    exports._initialize();
    const version = exports.abi_version();
    if (version !== abi) throw new Trap(`the module has version ${version} of the interface, this package speaks ${abi}`);
    this.exports = exports;
    this.memory = exports.memory;
    this.address = 0; // of the room for questions, in bytes
    this.room = 0; // its size
    this.packed = new BigUint64Array(1); // an address and a length, as functions give them
    this.halves = new Uint32Array(this.packed.buffer);
    this.bytes = new Uint8Array(0);
    this.look();
    if (!this.reserve(firstRoom)) throw new Trap("no room for questions");
  }

  /** look makes the views anew where the memory has grown: then the old ones have no length any more. */
  look() {
    if (this.bytes.length > 0) return;
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
  }

  /**
   * reserve makes room for questions of so many bytes, and keeps what is written in the one there is. It says whether there can be one.
   * @param {number} size
   */
  reserve(size) {
    if (size <= this.room) return true;
    const was = this.address;
    const address = this.exports.question(size) >>> 0;
    if (address === 0) return false;
    this.look();
    if (address !== was) this.bytes.copyWithin(address, was, was + this.room);
    this.address = address;
    this.room = size;
    return true;
  }

  /**
   * write puts bytes into the room for questions.
   * @param {Uint8Array} data
   */
  write(data) {
    if (!this.reserve(data.length)) return false;
    this.bytes.set(data, this.address);
    return true;
  }

  /**
   * place notes the address and the length that a function gave, for start and length; it says false where there is no answer.
   * @param {bigint} answer
   */
  place(answer) {
    this.packed[0] = answer;
    this.look();
    if (this.start === 0) return false;
    if (this.start + this.length > this.bytes.length) throw new Trap("an answer outside of memory");
    return true;
  }

  get start() {
    return this.halves[1];
  }

  get length() {
    return this.halves[0];
  }

  /** text is the answer that was placed last, as text. */
  text() {
    return decoder.decode(this.bytes.subarray(this.start, this.start + this.length));
  }

  /**
   * load loads a bundle, or with a policy the envelope of one. It gives 0, or the four words of a refusal.
   * @param {Uint8Array} data
   * @param {Uint8Array | undefined} policy
   * @returns {0 | Uint32Array}
   */
  load(data, policy) {
    if (policy) {
      if (!this.write(policy) || this.exports.trust(policy.length) === 0) throw new Trap("did not take the policy");
    }
    const address = this.exports.reserve(data.length) >>> 0;
    this.look();
    if (address === 0) return Uint32Array.of(noMemory, 0, data.length >> 10, 0);
    this.bytes.set(data, address);
    if (this.exports.load(data.length) === 0) {
      this.look();
      return 0;
    }
    const at = (this.exports.refusal() >>> 0) >>> 2;
    this.look();
    return this.words.slice(at, at + 4);
  }
}
