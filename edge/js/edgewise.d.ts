/** A value of JSON. Those in answers are shared and frozen. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Options {
  /**
   * By whom bundles have to be signed: the trust file that `edgewise keys new` writes, as text, as bytes, or read. With it a bundle is a signed envelope, and is
   * verified; without it whoever gives bundles is trusted.
   */
  trust?: string | Uint8Array | object;
  /** With trust: the channel whose releases are accepted. "production" unless said. */
  channel?: string;
  /** With trust: the bundle whose releases are accepted. Any unless said. */
  bundle?: string;
  /** With trust: who this is, for releases that are made for some only. */
  audience?: string;
  /** With trust: the name of this place. Candidates, which a part of the places tries, are taken by places with a name only. */
  place?: string;
  /** With trust: the least version that is accepted. */
  floor?: number;
  /** With trust: what `accepted` of an earlier engine said, kept since. No older version is accepted then. */
  accepted?: Accepted;
  /** The time, or a clock: what counts in verifying, and for inputs that have no `now`. Date.now unless said. */
  now?: Date | number | string | (() => number);
  /** The module, compiled or as bytes or a response. Unless said, the file edgewise.wasm beside this one. Workers have to say it: they compile nothing. */
  module?: WebAssembly.Module | BufferSource | Response;
}

/** What an engine has accepted: JSON, to be kept and given to the next one. */
export interface Accepted {
  readonly version?: number;
  readonly digest?: string;
  readonly candidate?: number;
  readonly tried?: string;
  readonly time?: number;
}

/** Decisions of any names, with any variants. `edgewise types --lang ts` writes those of a bundle, for load<Decisions>(bytes). */
export interface AnyDecisions {
  readonly [decision: string]: { readonly variant?: string; readonly value?: Json };
}

/** An input of decide: what a line of `edgewise decide` holds. All keys are optional. */
export interface Input<D = AnyDecisions> {
  /** Values by attribute, by full dotted names or nested. A Date is a timestamp, a Uint8Array bytes, a bigint a whole number of 64 bits. */
  context?: { readonly [attribute: string]: unknown };
  consent?: Consent;
  /** Which decisions to make; all unless said. */
  decisions?: readonly (keyof D & string)[];
  /** An RFC 3339 time, or a Date. */
  now?: string | Date;
  /** By decision: the variant that it answered before. */
  sticky?: { readonly [decision: string]: string };
  /** By decision: the variant that it is to answer. */
  preview?: { readonly [decision: string]: string };
}

/** The signals of a visitor's consent, as they are known. */
export interface Consent {
  granted?: readonly string[];
  tcf?: string;
  gpp?: string;
  usp?: string;
  gpc?: string | boolean;
  cookies?: { readonly [name: string]: string | readonly string[] };
}

export type Reason =
  | "STATIC" | "TARGETING_MATCH" | "SPLIT" | "DEFAULT" | "DISABLED" | "ERROR" | "STALE" | "CONSENT" | "DEFERRED" | "FALLBACK" | "HOLDOUT" | "PREVIEW";

/** One answer. Without a variant the caller's own default stands. */
export interface Decision {
  readonly variant?: string;
  readonly value?: Json;
  readonly reason: Reason;
  readonly rule?: string;
  readonly stale?: true;
  readonly sticky?: true;
  readonly defer?: { readonly to: string; readonly within_ms: number; readonly mode: "wait" | "with_page" | "after_render" };
  readonly error?: string;
}

export interface Answer<D = AnyDecisions> {
  readonly decisions: { readonly [K in keyof D]: Decision & D[K] };
  /** The bundle's purposes but for "necessary". */
  readonly consent: { readonly [purpose: string]: { readonly granted: boolean; readonly because: string } };
  readonly bundle: BundleInfo;
}

/** Version 0 is a bundle that is not signed. */
export interface BundleInfo {
  readonly name: string;
  readonly version: number;
}

/** An input was none: what is wrong with it, by its key. */
export interface Mistake {
  readonly error: string;
}

/** A request: what a line of `edgewise plan` holds. Only url is needed. */
export interface Request {
  method?: string;
  url: string;
  headers?: readonly (readonly [name: string, value: string])[];
  client_ip?: string;
  geo?: { country?: string; region?: string; city?: string; continent?: string; timezone?: string };
  device?: { class?: string; os?: string; browser?: string; bot?: boolean };
  now?: string | Date;
  /** 32 fresh bytes, or as hexadecimal digits; without them nothing is minted. */
  random?: string | Uint8Array;
  /** Bytes, or hexadecimal digits. Of several the first seals, and all open. Without any no state is read or written. */
  secret?: string | Uint8Array | readonly (string | Uint8Array)[];
  body?: string;
  /** What became of what handOver gave, once that is known. */
  handover?: { outcome: "answered" | "late" | "failed"; status?: number; body?: string; signature?: string; at?: string | Date };
}

type Header = readonly [name: string, value: string];

/** What to do with a request. */
export interface Plan {
  readonly action: "forward" | "answer";
  readonly status?: number;
  readonly location?: string;
  readonly body?: string;
  readonly origin?: { readonly path: string; readonly backend?: string };
  readonly request_headers: readonly Header[];
  readonly response_headers: readonly Header[];
  readonly drop?: readonly string[];
  readonly cache: { readonly key: string; readonly vary: readonly string[]; readonly private?: true; readonly personal?: true; readonly no_store?: true };
  readonly cookies: readonly { readonly name: string; readonly value: string; readonly max_age?: number; readonly delete?: true; readonly http_only?: true }[];
  readonly deferred: readonly { readonly decision: string; readonly to: string; readonly within_ms: number; readonly otherwise: string; readonly mode: string; readonly allow: readonly string[] }[];
  readonly decisions: Answer["decisions"];
  readonly consent: Answer["consent"];
  readonly route: string;
  readonly lines: readonly { readonly kind: string; readonly [key: string]: Json }[];
}

/** Starts an engine. Rejects with an EdgewiseRefusal where the bundle is refused, with a TypeError where an option is none. */
export function load<D = AnyDecisions>(bytes: ArrayBuffer | ArrayBufferView, options?: Options): Promise<Edgewise<D>>;

/** Decides with one bundle at a time. No method but load throws. */
export class Edgewise<D = AnyDecisions> {
  private constructor();
  /** Answers an input. Answers are frozen in parts: copy what is to be changed. */
  decide(input?: Input<D>): Answer<D> & { readonly error?: undefined };
  /** Says why each decision is answered as it is, in the order asked: what `edgewise explain --json` prints. */
  explain(input?: Input<D>): readonly { readonly [key: string]: Json }[] | Mistake;
  /** Says what to do with a request. */
  plan(request: Request): Plan | Mistake;
  /** Gives what to send to the origin for a request's deferred decisions; undefined where there is nothing. */
  handOver(request: Request): { readonly signature: string; readonly body: string } | undefined | Mistake;
  /** Puts another bundle in the place of the one in service. Throws an EdgewiseRefusal where it is refused; then nothing has changed. */
  load(bytes: ArrayBuffer | ArrayBufferView): void;
  /** The bundle in service. */
  get bundle(): BundleInfo;
  /** What was accepted until now, for the next engine's options. */
  get accepted(): Accepted;
  /** Engines that stopped in the middle of a question (it was answered with defaults), and that could not be started again. */
  get faults(): { readonly traps: number; readonly failedStarts: number };
}

/** A bundle was refused. */
export class EdgewiseRefusal extends Error {
  readonly name: "EdgewiseRefusal";
  /** One word: signature, threshold, unknown_key, revoked_key, version, conflict, audience, channel, not_yet, expired, clock, format, engine, limit, torn. */
  readonly code: string;
  /** What was found, and what was wanted. */
  readonly detail: string;
  private constructor();
}
