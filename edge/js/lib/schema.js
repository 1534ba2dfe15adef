// What questions about a bundle are made from: which names a context can have, and of which types and purposes their values are.
import { Attribute, limits, off, signals } from "./layout.js";
import { parseType, takesObjects } from "./type.js";

/**
 * Name is what a key of a context, or of an object in it, stands for: an attribute's index, or -1; and, where an object of that name holds more names rather
 * than being a value, those names.
 * @typedef {{attribute: number, names: Names | undefined}} Name
 */

const remembered = 64; // keys of an object

/** Names are those that the keys of an object can be. One context is much like the next: which key stood at which place is remembered. */
export class Names {
  constructor() {
    /** @type {Map<string, Name>} */
    this.all = new Map();
    this.keys = new Array(remembered).fill("");
    /** @type {(Name | undefined)[]} */
    this.found = new Array(remembered).fill(undefined);
  }

  /**
   * find gives what a key stands for that is the i-th of its object; undefined where it is nothing.
   * @param {string} key
   * @param {number} i
   */
  find(key, i) {
    if (i >= remembered) return this.all.get(key);
    if (this.keys[i] !== key) {
      this.keys[i] = key;
      this.found[i] = this.all.get(key);
    }
    return this.found[i];
  }
}

/** @typedef {{name: string, purpose: number, type: import("./type.js").Type}} Input an attribute */

export class Schema {
  /** @param {import("./bundle.js").Bundle} bundle */
  constructor(bundle) {
    this.bundle = bundle;
    /** @type {Input[]} */
    this.attributes = [];
    /** @type {Map<string, number>} the purposes, as a bit set, of query parameters that feed attributes which are not necessary */
    this.hidden = new Map();
    for (let i = 0; i < bundle.attributes; i++) this.addAttribute(i);
    /** @type {Names} */
    this.names = this.namesAt(0, this.attributes.map((_, i) => i));
    this.query = this.attributes.findIndex(({ name }) => name === "request.query");
    if (this.query < 0) this.hidden.clear();
    const shared = [...this.hidden.values()].filter((purposes) => (purposes & (purposes - 1)) !== 0).length;
    /** bytes for each query parameter that feeds attributes of several purposes: they divide a room */
    this.shared = Math.floor(limits.room / Math.max(1, shared));
    /** @type {Map<string, number>} the kinds of signal that cookies are */
    this.cookies = new Map(Array.from({ length: bundle.cookies }, (_, i) => [bundle.cookie(i), signals.firstCookie + i]));
    this.cookies.set(off.cookie, signals.off); // whatever a policy says of it
    /** @type {Map<string, number>} */
    this.purposes = new Map(Array.from({ length: bundle.purposes }, (_, i) => [bundle.purpose(i), i]));
  }

  addAttribute(i) {
    const field = (word) => this.bundle.field("Attributes", Attribute, i, word);
    const name = this.bundle.attribute(i);
    const purpose = field(Attribute.Purpose);
    this.attributes.push({ name, purpose, type: parseType(this.bundle.string(field(Attribute.TypeText)), field(Attribute.Type)) });
    const from = this.bundle.string(field(Attribute.From));
    if (purpose !== 0 && from.startsWith("query:")) {
      const parameter = from.slice("query:".length);
      this.hidden.set(parameter, ((this.hidden.get(parameter) ?? 0) | (1 << purpose)) >>> 0);
    }
  }

  /**
   * namesAt gives the names that are left of attributes from a place in their own names on: whole ones, and what stands before each dot.
   * @param {number} start
   * @param {number[]} attributes those that share what stands before
   * @returns {Names}
   */
  namesAt(start, attributes) {
    const names = new Names();
    for (const i of attributes) names.all.set(this.attributes[i].name.slice(start), { attribute: i, names: undefined });
    const parents = new Map(); // by key: the attributes below
    for (const i of attributes) {
      const { name } = this.attributes[i];
      for (let dot = name.indexOf(".", start); dot >= 0; dot = name.indexOf(".", dot + 1)) {
        const key = name.slice(start, dot);
        if (parents.has(key)) parents.get(key).push(i);
        else parents.set(key, [i]);
      }
    }
    for (const [key, below] of parents) {
      const { attribute } = names.all.get(key) ?? { attribute: -1 };
      if (attribute >= 0 && takesObjects(this.attributes[attribute].type)) continue;
      names.all.set(key, { attribute, names: this.namesAt(start + key.length + 1, below) });
    }
    return names;
  }
}
