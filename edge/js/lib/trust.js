// Who is trusted to sign bundles: reads a trust file, as `edgewise keys` writes it, and tells the module what it accepts, as core/verify lays it out
// (AppendPolicy). Verifying is the module's.
import { limits } from "./layout.js";

const encoding = 1;
const digestSize = 32;
const recovery = 1; // roles of a key
const revoked = 2;

/** magic is four characters in a word. */
const magic = (text) => [...text].reduce((word, c, i) => word | (c.charCodeAt(0) << (8 * i)), 0) >>> 0;

/**
 * encodePolicy writes what the module accepts.
 * @param {{trust: any, channel?: string, bundle?: string, audience?: string, place?: string, floor?: number, accepted?: any}} options
 * @param {number} now in seconds since 1970
 * @returns {Uint8Array}
 */
export function encodePolicy(options, now) {
  const accepted = options.accepted ?? {};
  const out = new Bytes();
  out.word(magic("EDGP"));
  out.word(encoding);
  out.long("now", now);
  out.long("floor", options.floor ?? 0);
  out.long("accepted.version", accepted.version ?? 0);
  out.digest("accepted.digest", accepted.digest);
  out.long("accepted.candidate", accepted.candidate ?? 0);
  out.digest("accepted.tried", accepted.tried);
  out.long("accepted.time", accepted.time ?? 0);
  out.text("channel", options.channel ?? "production");
  for (const key of ["bundle", "audience", "place"]) out.text(key, options[key] ?? "");
  out.blob(encodeKeys(parse(options.trust)));
  out.word(0); // lists of keys that follow
  if (out.size > limits.policy) throw new TypeError(`trust: ${out.size} bytes, the limit is ${limits.policy}`);
  return out.bytes();
}

/** parse takes the text of a trust file, or what is in it. */
function parse(trust) {
  let list = trust;
  if (trust instanceof Uint8Array) list = new TextDecoder().decode(trust);
  if (typeof list === "string") {
    try {
      list = JSON.parse(list);
    } catch (error) {
      throw new TypeError(`trust: not JSON: ${error.message}`);
    }
  }
  if (typeof list !== "object" || list === null || !Array.isArray(list.keys)) {
    throw new TypeError("trust: want the trust file that `edgewise keys new` writes: an object with version, threshold and keys");
  }
  const unknown = Object.keys(list).find((key) => !["version", "previous", "threshold", "channels", "keys"].includes(key));
  if (unknown !== undefined) throw new TypeError(`trust: unknown key ${JSON.stringify(unknown)}`); // what is misspelled must not be ignored here
  return list;
}

/** encodeKeys writes a key list as it is signed (verify.KeyList). */
function encodeKeys(list) {
  const out = new Bytes();
  const channels = Object.entries(list.channels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  out.word(magic("EDGK"));
  out.word(encoding);
  out.long("trust.version", list.version);
  out.digest("trust.previous", list.previous);
  out.word(positive("trust.threshold", list.threshold));
  out.word(channels.length);
  out.word(list.keys.length);
  for (const [channel, signers] of channels) {
    out.text("trust.channels", channel);
    out.word(positive(`trust.channels.${channel}`, signers));
  }
  list.keys.forEach((key, i) => encodeKey(out, key, `trust.keys[${i}]`));
  return out.bytes();
}

function encodeKey(out, key, place) {
  const unknown = Object.keys(key ?? {}).find((word) => !["id", "name", "public", "role", "revoked"].includes(word));
  if (unknown !== undefined) throw new TypeError(`${place}: unknown key ${JSON.stringify(unknown)}`);
  const bytes = decode(`${place}.public`, key?.public);
  if (key.role !== undefined && key.role !== "recovery") throw new TypeError(`${place}.role: ${JSON.stringify(key.role)}: the only one is "recovery"`);
  out.raw(bytes);
  out.word((key.role === "recovery" ? recovery : 0) | (key.revoked === true ? revoked : 0));
  out.text(`${place}.name`, key.name ?? "");
}

function decode(place, text) {
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    if (typeof text === "string" && bytes.length === digestSize) return bytes;
  } catch {
    // said below
  }
  throw new TypeError(`${place}: want ${digestSize} bytes in base64`);
}

function positive(place, n) {
  if (!Number.isInteger(n) || n < 1 || n > 0xffffffff) throw new TypeError(`${place}: want a whole number from 1 on`);
  return n;
}

/** Bytes collects what is written: words little-endian, texts with their length before and zeros behind. */
class Bytes {
  constructor() {
    this.parts = [];
    this.size = 0;
  }

  raw(bytes) {
    this.parts.push(bytes);
    this.size += bytes.length;
  }

  word(w) {
    this.raw(Uint8Array.of(w, w >>> 8, w >>> 16, w >>> 24));
  }

  long(place, n) {
    if (!Number.isSafeInteger(n) || n < 0) throw new TypeError(`${place}: want a whole number, not below 0`);
    this.word(n % 0x100000000);
    this.word(Math.floor(n / 0x100000000));
  }

  text(place, s) {
    if (typeof s !== "string") throw new TypeError(`${place}: want a string`);
    this.blob(new TextEncoder().encode(s));
  }

  blob(bytes) {
    this.word(bytes.length);
    this.raw(bytes);
    this.raw(new Uint8Array(-bytes.length & 3));
  }

  /** digest writes the 32 bytes of a digest; zeros where there is none. */
  digest(place, hex) {
    if (hex === undefined || hex === "") return this.raw(new Uint8Array(digestSize));
    const digits = /^sha512-256:([0-9a-f]{64})$/.exec(hex);
    if (!digits) throw new TypeError(`${place}: want sha512-256: and ${2 * digestSize} hexadecimal digits`);
    this.raw(Uint8Array.from(digits[1].match(/../g), (pair) => parseInt(pair, 16)));
  }

  bytes() {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
