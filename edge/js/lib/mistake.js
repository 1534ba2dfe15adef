// What is wrong with an input, in words that name the place.

/** Mistake is an input's: it becomes the answer's error, and is never thrown at a caller. */
export class Mistake extends Error {}

const mostTexts = 1 << 16; // that are looked at: many times what can count

/** kindOf says what a value is, as JSON has it. */
export function kindOf(v) {
  switch (typeof v) {
    case "string":
      return "a string";
    case "number":
      return "a number";
    case "boolean":
      return "a bool";
    case "object":
      return v === null ? "null" : Array.isArray(v) ? "an array" : "an object";
    case "undefined":
      return "nothing";
  }
  return `a ${typeof v}`;
}

/** want says what is wrong with a key's value that must be an object or an array, or absent. */
export function want(key, v, kind) {
  if (v != null && kindOf(v) !== `an ${kind}`) throw new Mistake(`${key}: want an ${kind}, have ${kindOf(v)}`);
}

/** texts gives a copy of an array of strings, which is what a key's value must be. */
export function texts(key, v) {
  if (!Array.isArray(v)) throw new Mistake(`${key}: want an array of strings, have ${kindOf(v)}`);
  const all = new Array(Math.min(v.length, mostTexts));
  for (let i = 0; i < all.length; i++) {
    all[i] = v[i];
    if (typeof all[i] !== "string") throw new Mistake(`${key}: want strings, have ${kindOf(all[i])}`);
  }
  return all;
}

/** shortened writes a value as JSON, and keeps what a caller sent from filling the error. */
export function shortened(v) {
  const most = 40;
  let text;
  try {
    text = JSON.stringify(v) ?? kindOf(v);
  } catch {
    text = kindOf(v); // a bigint, or in a circle
  }
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
