// Why a bundle was refused, in words, from the four words in which the module says it (format.Refusal, verify.Refusal).
import { verification } from "./layout.js";

/** EdgewiseRefusal is thrown where a bundle is refused. What was loaded before stays in service. */
export class EdgewiseRefusal extends Error {
  /**
   * @param {string} code one word: signature, version, expired, torn ... (as `edgewise verify` prints them)
   * @param {string} detail what was found and what was wanted
   */
  constructor(code, detail) {
    super(`bundle refused (${code}): ${detail}`);
    this.name = "EdgewiseRefusal";
    this.code = code;
    this.detail = detail;
  }
}

const kib = 1024;

/** Of each code of package format: the word that verification has for it, and what it says of section, index and want. */
const formats = [
  ["format", () => "bundle is invalid"],
  ["limit", (s, i, w) => `bundle has ${i > w ? i : `more than ${w}`} KiB, the limit is ${w} KiB`],
  ["torn", () => "not a compiled bundle"],
  ["torn", (s, i, w) => `bundle has ${i} bytes where its header announces ${w}: cut off or appended to`],
  ["torn", () => "bundle is damaged: its checksum does not fit its content"],
  ["format", (s, i, w) => `bundle has format version ${i}, this engine reads ${w}: use a newer engine`],
  ["format", (s, i, w) => `bundle has format version ${i}, this engine reads ${w}: compile its source again`],
  ["format", (s) => `bundle has a section ${s} that this engine does not know: use a newer engine`],
  ["format", (s) => `section ${s} stands twice or out of order`],
  ["format", (s, i, w) => `bundle has ${i} sections where ${w} are expected`],
  ["format", (s, i) => `section ${s} has a wrong length: ${i} bytes`],
  ["limit", (s, i, w) => `section ${s} has ${i} records, the limit is ${w}`],
  ["format", (s, i, w) => `record ${i} of section ${s} is invalid at word ${w}`],
  ["format", (s, i, w) => `condition ${i} is invalid at instruction ${w}`],
  ["engine", (s, i, w) => `condition ${i} uses operation ${w} that this engine does not know: use a newer engine`],
  ["limit", (s, i) => `no memory for a bundle of ${i} KiB`],
];

const time = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** What verification says of what it has and what it wants; of keys it says which. */
const verifications = {
  signature: (h, w, key) => (key === noKey ? "the payload is not the one that was signed" : `the signature by key ${key} does not hold`),
  threshold: (h, w) => `signed by ${h} of the ${w} keys that are needed`,
  unknown_key: (h, w, key) => `signed by key ${key}, which is not trusted here`,
  revoked_key: (h, w, key) => `signed by key ${key}, which is revoked`,
  version: (h, w) => `version ${h} is below ${w}, the least that is accepted here`,
  conflict: (h) => `version ${h} was accepted before with another content`,
  audience: () => "it is for another audience",
  channel: () => "it is another channel's, or another bundle's",
  not_yet: (h, w) => (w === 0 ? "it is a candidate, and not for this place at this time" : `it begins at ${time(w)}, now it is ${time(h)}`),
  expired: (h, w) => `it ended at ${time(w)}, now it is ${time(h)}`,
  clock: (h, w) => `the clock says ${time(h)}, but ${time(w)} has been: it was set back`,
  format: (h, w) => `it has the format version ${h}, this engine reads ${w}`,
  engine: (h, w) => `it needs an engine of level ${w}, this one has level ${h}: use a newer engine`,
  limit: (h, w) => `it has ${h} bytes, the limit is ${w}`,
  torn: () => "not a whole signed bundle: cut off, appended to, or something else",
  unavailable: () => "nothing is there",
};

const noKey = "0".repeat(16);

/**
 * refusal makes the error of the words that the module says.
 * @param {Uint32Array} words code, section, index, want
 */
export function refusal([code, section, index, want]) {
  if (code < verification.first) {
    const [word, detail] = formats[code] ?? formats[0];
    return new EdgewiseRefusal(word, detail(tag(section), index, want));
  }
  const word = verification.words[code - verification.first] ?? "unknown";
  const key = [want, index].map((half) => half.toString(16).padStart(8, "0")).join("");
  return new EdgewiseRefusal(word, verifications[word]?.(index, want, key) ?? "refused");
}

/** tooLarge is the refusal of what is not even given to the module. */
export const tooLarge = (bytes, limit) => new EdgewiseRefusal("limit", formats[1][1]("", Math.floor(bytes / kib), Math.floor(limit / kib)));

/** tag is a section's name: four characters in a word, the first the lowest. */
function tag(word) {
  return String.fromCharCode(word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, word >>> 24).replace(/[^ -~]/g, "?");
}
