// The signals of consent in an input: they go to the module as they are. One that is no text, or longer than a signal of its kind can be, is known to be
// there, and says nothing.
import { kinds, limits, off, signals } from "./layout.js";
import { kindOf, texts, want } from "./mistake.js";
import { isAbsent } from "./value.js";

const gpcOn = "1"; // the value of the header Sec-GPC that says so

const isOn = (v) => v === true || v === 1 || v === gpcOn;

export class Consent {
  /**
   * @param {import("./schema.js").Schema} schema
   * @param {import("./writer.js").Writer} writer
   */
  constructor(schema, writer) {
    this.schema = schema;
    this.writer = writer;
    this.granted = 0; // by the caller: a bit for each purpose
    /** @type {{kind: number, text: string | undefined}[]} */
    this.signals = [];
  }

  /** read reads the key consent. What its signals are is not looked at, but granted is the caller's own and has to be right. */
  read(consent) {
    this.granted = 0;
    this.signals.length = 0;
    want("consent", consent, "object");
    if (consent == null) return;
    const { granted, tcf, gpp, usp, gpc, cookies } = consent;
    if (granted != null) this.grant(granted);
    if (tcf != null) this.add(signals.tcf, tcf);
    if (gpp != null) this.add(signals.gpp, gpp);
    if (usp != null) this.add(signals.usp, usp);
    if (gpc != null) this.control(gpc);
    if (cookies != null) this.readCookies(cookies);
  }

  grant(granted) {
    for (const name of texts("consent.granted", granted)) {
      const purpose = this.schema.purposes.get(name);
      if (purpose !== undefined) this.granted = (this.granted | (1 << purpose)) >>> 0;
    }
  }

  /** add notes a signal, unless it is empty. Of more than core takes it keeps one too many, so that core knows; the visitor's no always. */
  add(kind, v) {
    if (v === null || v === "" || isAbsent(v)) return;
    const text = typeof v === "string" ? v : undefined;
    if (this.signals.length <= limits.signals || (kind === signals.off && text === off.value)) this.signals.push({ kind, text });
  }

  /** control notes Global Privacy Control: a bool in browsers, a header elsewhere. Of an array one that is on is enough. */
  control(v) {
    if (isOn(v) || (Array.isArray(v) && v.some(isOn))) this.add(signals.gpc, gpcOn);
    else if (v !== false) this.add(signals.gpc, v);
  }

  readCookies(cookies) {
    if (kindOf(cookies) !== "an object") return;
    for (const name of Object.keys(cookies)) {
      const kind = this.schema.cookies.get(name);
      if (kind === undefined) continue;
      const value = cookies[name];
      for (const one of Array.isArray(value) ? value : [value]) this.add(kind, one);
    }
  }

  /** write writes the signals, which have a room together, and gives their number. */
  write() {
    const { writer } = this;
    if (this.signals.length > 1) this.signals.sort((a, b) => a.kind - b.kind);
    let room = limits.room;
    for (const { kind, text } of this.signals) {
      writer.word(kind);
      const limit = kind >= signals.firstCookie ? limits.cookie : limits.signal;
      const start = writer.at;
      let stands = text === undefined ? kinds.mistyped : text.length > limit ? kinds.oversized : 0;
      if (stands === 0) {
        writer.word(kinds.string);
        const length = writer.text(text);
        if (length > limit || 4 * (writer.at - start) > room) stands = kinds.oversized;
      }
      if (stands === 0) {
        room -= 4 * (writer.at - start);
      } else {
        writer.at = start;
        writer.word(stands);
      }
    }
    return this.signals.length;
  }
}
