// What this package reads of an envelope that the module has accepted: the version, how long it is fresh, and where the payload lies. core/verify
// specifies it.

const statementAt = 4; // words of the envelope before the statement
const version = statementAt + 2; // words of what the statement says, each 64 bits
const freshUntil = statementAt + 8;
const rampFrom = statementAt + 12;
const size = statementAt + 21; // of the payload, in bytes
const digest = statementAt + 22;
const digestBytes = 32;

/** unsigned is a bundle that nobody signed: always fresh, of version 0. */
export const unsigned = (data) => ({ payload: data, version: 0, freshUntil: 0, candidate: false, digest: "" });

/**
 * readRelease reads an accepted envelope. Its bytes are shared with the payload.
 * @param {Uint8Array} envelope
 */
export function readRelease(envelope) {
  const view = new DataView(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  const word = (i) => view.getUint32(4 * i, true);
  const long = (i) => word(i) + word(i + 1) * 0x100000000;
  const hash = envelope.subarray(4 * digest, 4 * digest + digestBytes);
  return {
    payload: envelope.subarray(envelope.length - word(size)),
    version: long(version),
    freshUntil: long(freshUntil),
    candidate: long(rampFrom) !== 0,
    digest: `sha512-256:${Array.from(hash, (c) => c.toString(16).padStart(2, "0")).join("")}`,
  };
}

/**
 * accepted is what a verifier remembers once a release was accepted.
 * @param {object} before what it remembered until then
 * @param {ReturnType<typeof readRelease>} release
 * @param {number} now in seconds since 1970
 */
export function accepted(before, release, now) {
  const time = Math.max(before.time ?? 0, now);
  const of = release.candidate ? { candidate: release.version, tried: release.digest } : { version: release.version, digest: release.digest };
  return { ...before, ...of, time };
}
