// What questions about a bundle are made from: which names a context can have, and of which types and purposes their values are.
import { Attribute, limits, off, signals } from "./layout.js";
import { parseType, takesObjects } from "./type.js";

/** @typedef {{attribute: number, nests: boolean}} Name what a name stands for: an attribute's index, or -1; and whether an object of that name holds more names */
/** @typedef {{name: string, purpose: number, type: import("./type.js").Type}} Input an attribute */

export class Schema {
  /** @param {import("./bundle.js").Bundle} bundle */
  constructor(bundle) {
    this.bundle = bundle;
    /** @type {Input[]} */
    this.attributes = [];
    /** @type {Map<string, Name>} */
    this.names = new Map();
    /** @type {Map<string, number>} the purposes, as a bit set, of query parameters that feed attributes which are not necessary */
    this.hidden = new Map();
    for (let i = 0; i < bundle.attributes; i++) this.addAttribute(i);
    for (const { name } of this.attributes) this.addParents(name);
    this.query = this.names.get("request.query")?.attribute ?? -1;
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
    this.names.set(name, { attribute: i, nests: false });
    const from = this.bundle.string(field(Attribute.From));
    if (purpose !== 0 && from.startsWith("query:")) {
      const parameter = from.slice("query:".length);
      this.hidden.set(parameter, ((this.hidden.get(parameter) ?? 0) | (1 << purpose)) >>> 0);
    }
  }

  /** addParents adds the names that a nested context has above an attribute: "geo" for "geo.country". */
  addParents(name) {
    for (let dot = name.lastIndexOf("."); dot >= 0; dot = dot > 0 ? name.lastIndexOf(".", dot - 1) : -1) {
      const parent = name.slice(0, dot);
      const above = this.names.get(parent);
      if (!above) this.names.set(parent, { attribute: -1, nests: true });
      else if (above.attribute >= 0) above.nests = !takesObjects(this.attributes[above.attribute].type);
    }
  }
}
