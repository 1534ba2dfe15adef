// Times, durations and bytes as JSON writes them: RFC 3339, Go's notation of durations, base64. What they take and refuse is what package
// core/text does natively.

const firstSecond = -62135596800; // of the year 1
const lastSecond = 253402300799; // of the year 9999
const nanoDigits = 9;

// Where the parts of a time stand, how many digits they have, and what stands behind them: "2026-12-01T08:00:00".
const behind = [..."--T::"].map((c) => c.charCodeAt(0));
const zero = "0".charCodeAt(0);
const wholeSecond = 19; // characters up to the seconds
const zone = /^(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * parseTimestamp reads an RFC 3339 time of the years 1 to 9999; undefined where it is none. Digits beyond nanoseconds are cut off.
 * @param {unknown} text
 * @returns {{seconds: number, nanos: number} | undefined}
 */
export function parseTimestamp(text) {
  if (typeof text !== "string" || text.length <= wholeSecond) return undefined;
  const year = number(text, 0, 4);
  const month = number(text, 5, 2);
  const day = number(text, 8, 2);
  const hour = number(text, 11, 2);
  const minute = number(text, 14, 2);
  const second = number(text, 17, 2);
  for (let i = 0; i < behind.length; i++) {
    if (text.charCodeAt(4 + 3 * i) !== behind[i]) return undefined;
  }
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59)) return undefined;
  if (!(second >= 0 && second <= 59)) return undefined;
  let seconds = daysBefore(year, month, day) * 86400 + (hour * 60 + minute) * 60 + second;
  let nanos = 0;
  if (text.length > wholeSecond + 1 || text[wholeSecond] !== "Z") {
    const parts = zone.exec(text.slice(wholeSecond));
    if (!parts || parts[3] > "23" || parts[4] > "59") return undefined;
    seconds -= (Number(parts[3] ?? 0) * 60 + Number(parts[4] ?? 0)) * 60 * (parts[2] === "-" ? -1 : 1);
    nanos = Number((parts[1] ?? "").slice(0, nanoDigits).padEnd(nanoDigits, "0"));
  }
  return seconds < firstSecond || seconds > lastSecond ? undefined : { seconds, nanos };
}

/** number reads so many digits; -1 where there are others. */
function number(text, at, width) {
  let n = 0;
  for (let i = at; i < at + width; i++) {
    const digit = text.charCodeAt(i) - zero;
    if (!(digit >= 0 && digit <= 9)) return -1;
    n = 10 * n + digit;
  }
  return n;
}

function daysIn(year, month) {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** daysBefore counts the days from 1970-01-01 to a day. Years begin in March here, so that the day that some have more is their last. */
function daysBefore(year, month, day) {
  const y = month > 2 ? year : year - 1;
  const days = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + days - 719468;
}

/**
 * fromMilliseconds divides a time in milliseconds since 1970, as Date and Date.now have it; undefined where that is none of the years 1 to 9999.
 * @param {number} milliseconds
 */
export function fromMilliseconds(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (!(seconds >= firstSecond && seconds <= lastSecond)) return undefined;
  return { seconds, nanos: Math.floor((milliseconds - seconds * 1000) * 1e6) };
}

const units = { ns: 1n, us: 1000n, "\u00b5s": 1000n, "\u03bcs": 1000n, ms: 1000000n, s: 1000000000n, m: 60000000000n, h: 3600000000000n };
const longest = 1n << 63n; // nanoseconds; only a negative duration has so many

/**
 * parseDuration reads a duration such as "1h30m" or "-1.5s" as nanoseconds; undefined where it is none.
 * @param {string} text
 * @returns {bigint | undefined}
 */
export function parseDuration(text) {
  const negative = text[0] === "-";
  let rest = negative || text[0] === "+" ? text.slice(1) : text;
  if (rest === "0") return 0n;
  let total = 0n;
  do {
    const part = /^(\d*)(?:\.(\d*))?([^.\d]+)/.exec(rest);
    const unit = part && Object.hasOwn(units, part[3]) ? units[part[3]] : undefined;
    if (unit === undefined || part[1].length + (part[2] ?? "").length === 0) return undefined;
    const whole = BigInt(part[1]);
    if (whole > longest / unit) return undefined;
    total += whole * unit + fraction(part[2] ?? "", unit);
    if (total > longest) return undefined;
    rest = rest.slice(part[0].length);
  } while (rest !== "");
  if (!negative && total === longest) return undefined;
  return negative ? -total : total;
}

/** fraction is what digits behind a point come to, in nanoseconds: in doubles, as Go has it, with as many digits as 63 bits hold. */
function fraction(digits, unit) {
  let kept = digits;
  while (kept !== "" && BigInt(kept) > longest) kept = kept.slice(0, -1);
  return BigInt(Math.trunc(Number(BigInt(kept)) * (Number(unit) / Number(`1e${kept.length}`))));
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * parseBase64 takes the standard and the URL alphabet, with and without padding; undefined where it is neither.
 * @param {string} text
 * @returns {Uint8Array | undefined}
 */
export function parseBase64(text) {
  const digits = text.replace(/=+$/, "").replace(/[\r\n]/g, "");
  const last = /[-_]/.test(digits) ? "-_" : "+/";
  if (digits.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const c of digits) {
    const value = (alphabet + last).indexOf(c);
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = bits >> count;
    }
  }
  return bytes;
}
