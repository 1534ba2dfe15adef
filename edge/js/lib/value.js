// Writes values of contexts as core/wire.go lays them out, each by the type of its attribute. They mean what the JSON means that they would be
// written as, but for what JSON cannot hold: a Date is a timestamp, a Uint8Array bytes, a bigint a whole number of 64 bits.
import { kinds, limits } from "./layout.js";
import { fromMilliseconds, parseBase64, parseDuration, parseTimestamp } from "./text.js";
import { dyn } from "./type.js";
import { NoRoom, TooMany } from "./writer.js";

// How many bytes of a value are written before it is given up: what is larger than a room has none, whatever comes behind.
const givenUp = 4 * limits.room;

const short = 256; // units of a text that needs no more care than whether it fits
const shortSize = 8 + 3 * short + 3; // bytes that it takes at most

const exactIntegers = 2 ** 53;

/** isAbsent says whether a value counts as not being there, as JSON.stringify has it. */
export const isAbsent = (v) => v === undefined || typeof v === "function" || typeof v === "symbol";

export class Values {
  /**
   * @param {import("./writer.js").Writer} writer
   * @param {import("./schema.js").Schema} schema
   */
  constructor(writer, schema) {
    this.writer = writer;
    this.schema = schema;
    this.rooms = new Float64Array(limits.purposes); // bytes left for the values of each purpose
  }

  /** begin begins a question: every purpose has all of its room. */
  begin() {
    this.rooms.fill(limits.room);
  }

  /**
   * write writes an attribute's value, or what stands for one without a reading or without room.
   * @param {number} attribute
   * @param {unknown} v
   */
  write(attribute, v) {
    const { writer } = this;
    const { type, purpose } = this.schema.attributes[attribute];
    if (typeof v === "string" && v.length <= short && type.kind === kinds.string && this.rooms[purpose] >= shortSize) {
      const start = writer.at;
      writer.word(kinds.string);
      writer.text(v);
      this.rooms[purpose] -= 4 * (writer.at - start);
      return;
    }
    this.writeAny(attribute, type, purpose, v);
  }

  writeAny(attribute, type, purpose, v) {
    const { writer } = this;
    const start = writer.at;
    this.start = start;
    this.depth = 0;
    this.apart = 0; // bytes of query parameters that are not in the query's own room
    this.hides = attribute === this.schema.query ? this.schema.hidden : undefined;
    let stands = 0; // for the value
    try {
      if (!this.value(type, v)) stands = kinds.mistyped;
      else if (4 * (writer.at - start) - this.apart > this.rooms[purpose]) stands = kinds.oversized;
    } catch (error) {
      stands = error === NoRoom || error === TooMany ? kinds.oversized : kinds.mistyped; // a getter's or a proxy's
    }
    if (stands === 0) {
      this.rooms[purpose] -= 4 * (writer.at - start) - this.apart;
      return;
    }
    writer.at = start;
    writer.word(stands);
  }

  /**
   * value writes a value as a type and says whether it has a reading as that.
   * @param {import("./type.js").Type} type
   * @param {unknown} v
   * @returns {boolean}
   */
  value(type, v) {
    const { kind } = type;
    switch (typeof v) {
      case "string":
        return this.text(kind, v);
      case "number":
        return this.number(kind, v);
      case "boolean":
        this.writer.word(kinds.bool);
        this.writer.integer(v ? 1 : 0);
        return kind === kinds.bool || kind === kinds.dyn;
      case "bigint":
        return this.bigint(kind, v);
      case "object":
        return this.object(type, v);
    }
    return this.object(type, null); // in a list, as JSON.stringify has it
  }

  text(kind, s) {
    const { writer } = this;
    switch (kind) {
      case kinds.string:
      case kinds.dyn:
        if (s.length > limits.room) throw NoRoom;
        writer.word(kinds.string);
        writer.text(s);
        return true;
      case kinds.bytes:
        return this.blob(parseBase64(s));
      case kinds.timestamp:
        return this.time(parseTimestamp(s));
      case kinds.duration: {
        const nanos = parseDuration(s);
        writer.word(kind);
        writer.big(nanos ?? 0n);
        return nanos !== undefined;
      }
    }
    return false;
  }

  number(kind, x) {
    if (kind === kinds.dyn || kind === kinds.double) {
      this.writer.word(kinds.double);
      this.writer.double(x);
      return Number.isFinite(x); // JSON has no other numbers
    }
    if (!Number.isInteger(x) || Math.abs(x) >= 1e21) return false; // which has digits no more where it is written
    if (Math.abs(x) > exactIntegers) return this.bigint(kind, BigInt(String(x)));
    if (kind !== kinds.int && (kind !== kinds.uint || x < 0)) return false;
    this.writer.word(kind);
    this.writer.integer(x);
    return true;
  }

  bigint(kind, n) {
    if (kind === kinds.dyn || kind === kinds.double) return this.number(kind, Number(n));
    if (kind !== (kind === kinds.int ? kinds.int : kinds.uint)) return false;
    this.writer.word(kind);
    this.writer.big(n);
    return n === (kind === kinds.int ? BigInt.asIntN(64, n) : BigInt.asUintN(64, n));
  }

  object(type, v) {
    const { kind } = type;
    if (v === null) {
      this.writer.word(kinds.null_type);
      return kind === kinds.dyn || kind === kinds.null_type;
    }
    if (v instanceof Date) return (kind === kinds.dyn || kind === kinds.timestamp) && this.time(fromMilliseconds(v.getTime()));
    if (v instanceof Uint8Array) return (kind === kinds.dyn || kind === kinds.bytes) && this.blob(v);
    const isArray = Array.isArray(v);
    if (kind !== kinds.dyn && kind !== (isArray ? kinds.list : kinds.map)) return false;
    if (this.depth === limits.depth) throw TooMany;
    this.depth++;
    const ok = isArray ? this.list(type, v) : this.map(type, v);
    this.depth--;
    return ok;
  }

  time(t) {
    this.writer.word(kinds.timestamp);
    this.writer.integer(t?.seconds ?? 0);
    this.writer.word(t?.nanos ?? 0);
    return t !== undefined;
  }

  blob(data) {
    if (data === undefined) return false;
    if (data.length > limits.room) throw NoRoom;
    this.writer.word(kinds.bytes);
    this.writer.blob(data);
    return true;
  }

  list(type, elements) {
    const { writer } = this;
    writer.word(kinds.list);
    const place = writer.at;
    writer.word(0);
    let count = 0;
    for (; count < elements.length; count++) {
      if (count === limits.values || 4 * (writer.at - this.start) > givenUp) throw TooMany;
      if (!this.value(type.elem, elements[count])) return false;
    }
    writer.set(place, count);
    return true;
  }

  map(type, object) {
    const { writer } = this;
    writer.word(kinds.map);
    const count = writer.at;
    writer.word(0);
    const pairs = [];
    let apart = 0;
    for (const key of Object.keys(object)) {
      const v = object[key];
      if (isAbsent(v)) continue;
      pairs.push(key, v);
      if (this.hides?.has(key)) apart += 2;
      if (pairs.length - apart > limits.values) throw TooMany;
    }
    for (let i = 0; i < pairs.length; i += 2) {
      if (!this.pair(type, pairs[i], pairs[i + 1])) return false;
      if (4 * (writer.at - this.start) - this.apart > givenUp) throw TooMany;
    }
    writer.set(count, pairs.length / 2);
    return true;
  }

  /**
   * pair writes a map's key and its value. A query parameter of other purposes is whatever it is: that shows only where it does. One of several takes
   * nothing from any of them, since some may be granted where it is masked.
   */
  pair(type, key, v) {
    const { writer } = this;
    const start = writer.at;
    if (!this.key(type.key.kind, key)) return false;
    const purposes = this.hides?.get(key) ?? 0;
    if (purposes === 0) return this.value(type.elem, v);
    const purpose = 31 - Math.clz32(purposes);
    const alone = purposes === 2 ** purpose;
    const room = alone ? this.rooms[purpose] : this.schema.shared;
    const place = writer.at;
    const { depth } = this;
    let stands = 0;
    try {
      if (!this.value(type.elem, v)) stands = kinds.mistyped;
      else if (4 * (writer.at - place) > room) stands = kinds.oversized;
    } catch (error) {
      if (error === TooMany) throw error;
      stands = error === NoRoom ? kinds.oversized : kinds.mistyped;
    }
    this.depth = depth;
    if (stands !== 0) {
      writer.at = place;
      writer.word(stands);
    } else if (alone) {
      this.rooms[purpose] -= 4 * (writer.at - place);
    }
    this.apart += 4 * (writer.at - start);
    return true;
  }

  /** key writes a map's key, which is always text in JSON. Numbers are written in one way only, so that no key can stand twice. */
  key(kind, s) {
    const { writer } = this;
    switch (kind) {
      case kinds.dyn:
      case kinds.string:
        return this.text(kinds.string, s);
      case kinds.bool:
        writer.word(kind);
        writer.integer(s === "true" ? 1 : 0);
        return s === "true" || s === "false";
      case kinds.int:
      case kinds.uint:
        return /^(0|-?[1-9]\d{0,19})$/.test(s) && this.bigint(kind, BigInt(s));
    }
    return false;
  }
}
