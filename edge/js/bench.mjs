// Measures this package: node bench.mjs BUNDLE LINES [BUNDLE REQUESTS], a compiled bundle with lines of `edgewise decide`, and one with lines of
// `edgewise plan`. It prints JSON: nanoseconds, each the best of many runs, so that whatever else the machine does meanwhile counts least.
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { load } from "./edgewise.js";

const milliseconds = Number(process.env.EDGEWISE_BENCH_MS ?? 2000); // for each row

const [bundlePath, linesPath, siteBundlePath, requestsPath] = process.argv.slice(2);
const wasm = await readFile(new URL("./edgewise.wasm", import.meta.url));
const module = await WebAssembly.compile(wasm);
const lines = async (path) => (await readFile(path, "utf8")).trim().split("\n").map((line) => JSON.parse(line));

/** bestOf gives how many nanoseconds one of count things takes, in the best of the runs that fit. */
async function bestOf(count, run) {
  let best = Infinity;
  const end = performance.now() + milliseconds;
  do {
    const start = performance.now();
    const waits = run();
    if (waits) await waits;
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  return Math.round((best * 1e6) / count);
}

/** sure ends the program where something was not answered. */
function sure(answered) {
  if (!answered || answered.error) throw new Error(`not answered: ${JSON.stringify(answered)}`);
}

const bundle = await readFile(bundlePath);
const inputs = await lines(linesPath);
const edgewise = await load(bundle, { module });
const measured = {
  decide: await bestOf(inputs.length, () => inputs.forEach((input) => sure(edgewise.decide(input)))),
  stringify: await bestOf(inputs.length, () => inputs.forEach((input) => sure(JSON.stringify(input)))), // for comparison: what handing it over as JSON would cost
  start: await bestOf(1, async () => sure((await load(bundle, { module })).decide(inputs[0]))),
  next: await bestOf(1, () => {
    edgewise.load(bundle);
    sure(edgewise.decide(inputs[0]));
  }),
  compile: await bestOf(1, () => WebAssembly.compile(wasm)),
};
if (requestsPath) {
  const requests = await lines(requestsPath);
  const site = await load(await readFile(siteBundlePath), { module });
  measured.plan = await bestOf(requests.length, () => requests.forEach((request) => sure(site.plan(request))));
}
console.log(JSON.stringify(measured));
