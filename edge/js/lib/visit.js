// Makes visits: reads a request, the object that a line of `edgewise plan` holds, and writes it as edge/visit.go lays it out. It takes and refuses what
// package host/visit does natively.
import { devices, limits, outcomes } from "./layout.js";
import { Mistake, kindOf } from "./mistake.js";
import { fromMilliseconds, parseTimestamp } from "./text.js";
import { NoRoom } from "./writer.js";

const told = 1; // bits of the word that says what the platform tells of the device
const robot = 2;

/**
 * writeVisit writes a request. A Mistake says what is wrong with it.
 * @param {import("./writer.js").Writer} writer
 * @param {any} request
 * @param {() => number} clock the time where the request has none, in milliseconds since 1970
 */
export function writeVisit(writer, request, clock) {
  if (kindOf(request) !== "an object") throw new Mistake(`want an object, have ${kindOf(request)}`);
  const { method, url, headers, client_ip: address, geo, device, now, random, secret, body, handover } = request;
  const visit = {
    time: now == null ? fromMilliseconds(clock()) : time("now", now),
    device: device == null ? 0 : readDevice(device),
    texts: [text("method", method, "GET"), text("url", url, ""), text("client_ip", address, "")],
    random: random == null ? none : readRandom(random),
    body: text("body", body, ""),
    secrets: secret == null ? [] : list(secret).map((one) => hex("secret", one)),
    headers: headers == null ? [] : readHeaders(headers),
    handover: handover == null ? undefined : readHandOver(handover),
  };
  want("geo", geo ?? {});
  for (const key of ["country", "region", "city", "continent", "timezone"]) visit.texts.push(text(`geo.${key}`, geo?.[key], ""));
  if (visit.texts[1] === "") throw new Mistake('url: not there, want a path such as "/shop/?q=x"');
  if (!visit.time) throw new Mistake("now: the clock gives none");
  try {
    write(writer, visit);
  } catch (error) {
    if (error === NoRoom) throw new Mistake(`larger than ${limits.question} bytes`);
    throw error;
  }
}

function write(writer, visit) {
  writer.begin();
  writer.integer(visit.time.seconds);
  writer.word(visit.time.nanos);
  writer.word(visit.device);
  for (const s of visit.texts) writer.text(s);
  writer.blob(visit.random);
  writer.text(visit.body);
  writer.word(visit.secrets.length);
  for (const secret of visit.secrets) writer.blob(secret);
  writer.word(visit.headers.length / 2);
  for (const s of visit.headers) writer.text(s);
  const h = visit.handover;
  writer.word(h?.outcome ?? 0);
  if (!h) return;
  writer.word(h.status);
  writer.integer(h.seconds);
  writer.text(h.body);
  writer.text(h.signature);
}

const none = new Uint8Array(0);

const list = (v) => (Array.isArray(v) ? [...v] : [v]);

function want(key, v) {
  if (kindOf(v) !== "an object") throw new Mistake(`${key}: want an object, have ${kindOf(v)}`);
}

function text(key, v, otherwise) {
  if (v == null) return otherwise;
  if (typeof v !== "string") throw new Mistake(`${key}: want a string, have ${kindOf(v)}`);
  return v;
}

function time(key, v) {
  const t = v instanceof Date ? fromMilliseconds(v.getTime()) : parseTimestamp(v);
  if (!t) throw new Mistake(`${key}: want an RFC 3339 time such as 2026-12-01T08:00:00Z`);
  return t;
}

/** hex reads hexadecimal digits. What they are is a secret, so an error does not repeat them. */
function hex(key, v) {
  if (v instanceof Uint8Array) return v;
  if (typeof v !== "string" || !/^([0-9a-f]{2})*$/i.test(v)) throw new Mistake(`${key}: want hexadecimal digits`);
  return Uint8Array.from(v.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function readRandom(v) {
  const bytes = hex("random", v);
  if (bytes.length !== limits.random) throw new Mistake(`random: want ${2 * limits.random} hexadecimal digits, have ${2 * bytes.length}`);
  return bytes;
}

/** readHeaders gives names and values in turn. */
function readHeaders(v) {
  if (!Array.isArray(v)) throw new Mistake(`headers: want an array of pairs such as ["cookie","cart=80"], have ${kindOf(v)}`);
  const all = [];
  for (let i = 0; i < v.length; i++) {
    const pair = v[i];
    const [name, value] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof name !== "string" || typeof value !== "string") throw new Mistake(`headers[${i}]: want a pair such as ["cookie","cart=80"]`);
    all.push(name, value);
  }
  return all;
}

function readDevice(v) {
  want("device", v);
  const number = (key) => {
    if (v[key] == null) return 0;
    const n = devices[key].indexOf(text(`device.${key}`, v[key], ""));
    if (n < 0) throw new Mistake(`device.${key}: want one of [${devices[key].join(" ")}], have ${JSON.stringify(v[key])}`);
    return n;
  };
  if (v.bot != null && typeof v.bot !== "boolean") throw new Mistake(`device.bot: want true or false, have ${kindOf(v.bot)}`);
  return told | (v.bot ? robot : 0) | (number("class") << 8) | (number("os") << 16) | (number("browser") << 24);
}

function readHandOver(v) {
  want("handover", v);
  const { outcome, status, body, signature, at } = v;
  if (outcome == null) throw new Mistake("handover.outcome: not there, want answered, late or failed");
  if (!Object.hasOwn(outcomes, String(outcome))) throw new Mistake("handover.outcome: want answered, late or failed");
  if (status != null && !(Number.isInteger(status) && status >= 100 && status <= 999)) throw new Mistake("handover.status: want a status of HTTP such as 200");
  return {
    outcome: outcomes[outcome],
    status: status ?? 200,
    body: text("handover.body", body, ""),
    signature: text("handover.signature", signature, ""),
    seconds: at == null ? 0 : time("handover.at", at).seconds,
  };
}

/**
 * plain is the plan for a request where nothing can be decided: it is forwarded as it came, without the headers that only the exchange may send.
 * @param {any} request one that writeVisit took
 */
export function plain(request) {
  const { url, headers } = request;
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/#.*$/, "");
  const drop = (headers ?? []).map(([name]) => name).filter((name) => /^edgewise-/i.test(name));
  return {
    action: "forward", origin: { path: path.startsWith("/") ? path : `/${path}` }, request_headers: [], response_headers: [], ...(drop.length > 0 ? { drop } : {}),
    cache: { key: "", vary: [] }, cookies: [], deferred: [], decisions: {}, consent: {}, route: "", lines: [],
  };
}
