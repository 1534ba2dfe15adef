// Types of attributes, as CEL writes them: "list(string)", "map(string, dyn)".
import { kinds, limits } from "./layout.js";

/** @typedef {{kind: number, key: Type, elem: Type}} Type a type; key and elem are those of a list or map, else dyn */

/** @type {Type} */
export const dyn = { kind: kinds.dyn };
dyn.key = dyn.elem = dyn;

const names = { ...kinds, "google.protobuf.Timestamp": kinds.timestamp, "google.protobuf.Duration": kinds.duration };
delete names.mistyped;
delete names.oversized;

/**
 * parseType reads a type. Where it cannot, because the engine knows more types than contexts can hold, the word says what there is to know.
 * @param {string} text
 * @param {number} word the type's kind, and in the bytes above it those of its elements and keys
 * @returns {Type}
 */
export function parseType(text, word) {
  const simple = { kind: word & 0xff, key: { ...dyn, kind: (word >> 16) & 0xff }, elem: { ...dyn, kind: (word >> 8) & 0xff } };
  const reader = { rest: text };
  const type = read(reader, 0);
  return type && reader.rest === "" && type.kind === simple.kind ? type : simple;
}

/** read takes a type from the front of what is left; undefined where there is none, or where types lie deeper in each other than values can. */
function read(reader, depth) {
  const name = /^ *([^(), ]*) */.exec(reader.rest);
  if (!Object.hasOwn(names, name[1]) || depth > limits.depth) return undefined;
  reader.rest = reader.rest.slice(name[0].length);
  const kind = names[name[1]];
  if (!skip(reader, "(")) return { kind, key: dyn, elem: dyn };
  if (kind !== kinds.list && kind !== kinds.map) return undefined;
  const key = kind === kinds.map ? read(reader, depth + 1) : dyn;
  if (!key || (kind === kinds.map && !skip(reader, ","))) return undefined;
  const elem = read(reader, depth + 1);
  return elem && skip(reader, ")") ? { kind, key, elem } : undefined;
}

function skip(reader, c) {
  if (reader.rest[0] !== c) return false;
  reader.rest = reader.rest.slice(1).trimStart();
  return true;
}

/** takesObjects says whether an object can be a value of the type, rather than names nested in one another. */
export function takesObjects(type) {
  return type.kind === kinds.map || type.kind === kinds.dyn;
}
