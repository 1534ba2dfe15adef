// Times, durations and bytes as JSON writes them: RFC 3339, Go's notation of durations, base64. What they take and refuse is what package
// core/text does natively.

const timestamp = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const firstSecond = -62135596800; // of the year 1
const lastSecond = 253402300799; // of the year 9999
const nanoDigits = 9;

/**
 * parseTimestamp reads an RFC 3339 time of the years 1 to 9999; undefined where it is none. Digits beyond nanoseconds are cut off.
 * @param {unknown} text
 * @returns {{seconds: number, nanos: number} | undefined}
 */
export function parseTimestamp(text) {
  const parts = typeof text === "string" ? timestamp.exec(text) : null;
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const [offsetHours, offsetMinutes] = [Number(parts[9] ?? 0), Number(parts[10] ?? 0)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (month < 1 || month > 12 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const east = (offsetHours * 60 + offsetMinutes) * 60 * (parts[8] === "-" ? -1 : 1);
  const seconds = date.getTime() / 1000 + (hour * 60 + minute) * 60 + second - east;
  if (seconds < firstSecond || seconds > lastSecond) return undefined;
  return { seconds, nanos: Number((parts[7] ?? "").slice(0, nanoDigits).padEnd(nanoDigits, "0")) };
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
