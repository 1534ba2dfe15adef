// What this package reads of a compiled bundle: names and values. The module has checked it before; package core/format specifies it.
import { About, Attribute, Cookie, Decision, Deferral, Purpose, Rule, Span, Variant, actions, modes, sections } from "./layout.js";

const headWords = 6; // before the section table
const rowWords = 2;

const decoder = new TextDecoder();

/** Bundle gives names by index. Texts are decoded when they are asked for, and kept. */
export class Bundle {
  /**
   * @param {Uint8Array} data a bundle that the module has accepted; it must not change
   */
  constructor(data) {
    if (data.byteOffset % 4 !== 0) data = data.slice();
    this.bytes = data;
    this.words = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
    /** @type {Record<string, {start: number, length: number}>} where sections begin, in words, and their lengths in bytes */
    this.sections = {};
    let at = headWords + rowWords * sections.length;
    for (let i = 0; i < sections.length; i++) {
      const length = this.words[headWords + rowWords * i + 1];
      this.sections[sections[i]] = { start: at, length };
      at += 2 * Math.ceil(length / 8);
    }
    this.strings = this.sections.Strings.start;
    this.text = 4 * this.sections.Text.start;
    /** @type {(string | undefined)[]} */
    this.texts = new Array(this.sections.Strings.length / (4 * Span.size));
    this.name = this.string(this.words[this.sections.About.start + About.Name]);
    this.targetingKey = this.words[this.sections.About.start + About.TargetingKey] - 1;
    this.purposes = this.count("Purposes", Purpose);
    this.cookies = this.count("Cookies", Cookie);
    this.attributes = this.count("Attributes", Attribute);
    this.decisions = this.count("Decisions", Decision);
    this.variants = this.count("Variants", Variant);
    this.rules = this.count("Rules", Rule);
  }

  count(section, record) {
    return this.sections[section].length / (4 * record.size);
  }

  /**
   * field reads a word of a record.
   * @param {string} section
   * @param {{size: number}} record
   * @param {number} index
   * @param {number} word
   */
  field(section, record, index, word) {
    return this.words[this.sections[section].start + record.size * index + word];
  }

  /**
   * string gives a text of the string table.
   * @param {number} index
   * @returns {string}
   */
  string(index) {
    return (this.texts[index] ??= this.decode(index));
  }

  decode(index) {
    const at = this.strings + Span.size * index;
    const start = this.text + this.words[at + Span.Offset];
    const length = this.words[at + Span.Length];
    const text = this.bytes.subarray(start, start + length);
    const short = 32; // bytes up to which it is faster without a decoder
    if (length <= short && text.every((c) => c < 0x80)) return String.fromCharCode(...text);
    return decoder.decode(text);
  }

  purpose(i) {
    return this.string(this.field("Purposes", Purpose, i, Purpose.Name));
  }

  cookie(i) {
    return this.string(this.field("Cookies", Cookie, i, Cookie.Name));
  }

  attribute(i) {
    return this.string(this.field("Attributes", Attribute, i, Attribute.Name));
  }

  decision(i) {
    return this.string(this.field("Decisions", Decision, i, Decision.Name));
  }

  /** fallback is the variant+1 that a decision answers where nothing else does; 0: the caller's own. */
  fallback(decision) {
    return this.field("Decisions", Decision, decision, Decision.Default);
  }

  variant(i) {
    return this.string(this.field("Variants", Variant, i, Variant.Name));
  }

  /** value is the JSON of a variant's value. */
  value(i) {
    return this.string(this.field("Variants", Variant, i, Variant.JSON));
  }

  rule(i) {
    return this.string(this.field("Rules", Rule, i, Rule.ID));
  }

  /** deferral says to whom a rule hands over, if it does: as it stands in answers. */
  deferral(rule) {
    if ((this.field("Rules", Rule, rule, Rule.Action) & ~actions.indexed) !== actions.defer) return undefined;
    const target = this.field("Rules", Rule, rule, Rule.Target);
    const field = (word) => this.field("Deferrals", Deferral, target, word);
    return Object.freeze({ to: this.string(field(Deferral.To)), within_ms: field(Deferral.Within), mode: modes[field(Deferral.Mode)] });
  }

  /** decisionsByName maps names to indexes. */
  get decisionsByName() {
    return (this.byName ??= new Map(Array.from({ length: this.decisions }, (_, i) => [this.decision(i), i])));
  }

  /** findVariant gives the index of a decision's variant of that name, or -1. */
  findVariant(decision, name) {
    const first = this.field("Decisions", Decision, decision, Decision.FirstVariant);
    const end = first + this.field("Decisions", Decision, decision, Decision.Variants);
    for (let i = first; i < end; i++) {
      if (this.variant(i) === name) return i;
    }
    return -1;
  }
}
