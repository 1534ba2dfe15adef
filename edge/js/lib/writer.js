// Writes words and texts into an instance's room for questions, little-endian.
import { limits } from "./layout.js";

const encoder = new TextEncoder();

/** NoRoom says that a text or bytes are too large for a question, TooMany that a list or map is, or lies too deep. */
export const NoRoom = new RangeError("no room in the question");
export const TooMany = new RangeError("too many values in the question");

// Up to so many UTF-16 units a text is copied unit by unit, which is faster than a call of the encoder, as long as it is ASCII.
const short = 48;

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

export class Writer {
  /** @param {import("./instance.js").Instance} instance */
  constructor(instance) {
    this.instance = instance;
    this.begin();
  }

  /** begin starts at the beginning of the room. */
  begin() {
    this.at = 0; // in words, from the beginning of the room
    this.refresh();
  }

  refresh() {
    this.instance.look();
    this.words = this.instance.words;
    this.bytes = this.instance.bytes;
    this.base = this.instance.address >>> 2;
    this.end = this.instance.room >>> 2;
  }

  /** need makes sure of room for so many words more. */
  need(words) {
    if (this.at + words > this.end) this.grow(this.at + words);
  }

  grow(words) {
    const size = Math.min(Math.max(2 * this.instance.room, 4 * words), limits.question & ~3);
    if (4 * words > size || !this.instance.reserve(size)) throw NoRoom;
    this.refresh();
  }

  word(w) {
    if (this.at === this.end) this.grow(this.at + 1);
    this.words[this.base + this.at++] = w;
  }

  /** set writes a word at a place that was written before. */
  set(at, w) {
    this.words[this.base + at] = w;
  }

  /** integer writes 64 bits of a whole number of at most 2^53. */
  integer(n) {
    this.need(2);
    this.words[this.base + this.at++] = n;
    this.words[this.base + this.at++] = Math.floor(n / 0x100000000);
  }

  /** big writes the lower 64 bits of a bigint. */
  big(n) {
    this.word(Number(n & 0xffffffffn));
    this.word(Number((n >> 32n) & 0xffffffffn));
  }

  double(x) {
    double[0] = x;
    this.need(2);
    this.words[this.base + this.at++] = halves[0];
    this.words[this.base + this.at++] = halves[1];
  }

  /**
   * text writes a length in bytes, the text in UTF-8, and zeros to the next whole word. What is no Unicode becomes U+FFFD.
   * @param {string} s
   * @returns {number} the length in bytes
   */
  text(s) {
    const units = s.length;
    if (units > limits.question) throw NoRoom;
    this.need(2 + ((3 * units) >> 2));
    const { bytes } = this;
    const start = 4 * (this.base + this.at + 1);
    let length = 0;
    if (units <= short) {
      for (; length < units; length++) {
        const c = s.charCodeAt(length);
        if (c >= 0x80) break;
        bytes[start + length] = c;
      }
    }
    if (length < units) length = encoder.encodeInto(s, bytes.subarray(start, start + 3 * units)).written;
    this.finish(start, length);
    return length;
  }

  /**
   * blob writes bytes likewise.
   * @param {Uint8Array} data
   */
  blob(data) {
    if (data.length > limits.question) throw NoRoom;
    this.need(2 + (data.length >> 2));
    const start = 4 * (this.base + this.at + 1);
    this.bytes.set(data, start);
    this.finish(start, data.length);
  }

  finish(start, length) {
    this.words[this.base + this.at] = length;
    for (let i = length; i & 3; i++) this.bytes[start + i] = 0;
    this.at += 1 + ((length + 3) >> 2);
  }
}
