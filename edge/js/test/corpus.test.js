// The corpus that every build of the engine answers alike, with the answers that it has natively. `go test ./host -run JavaScript` writes it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { load } from "../edgewise.js";

const file = process.env.EDGEWISE_CORPUS;
const corpus = file ? JSON.parse(await readFile(file, "utf8")) : undefined;
const options = { skip: corpus ? false : "there is no corpus: run `go test ./host -run JavaScript`" };

const start = ({ bundle, trust, channel }) => load(Buffer.from(bundle, "base64"), { trust, channel, now: 0 });

/** same compares an answer with a line, byte by byte; that of an input without one says so. */
function same(answer, { out, error }, name) {
  if (error) assert.deepEqual(answer, { error }, name);
  else assert.equal(JSON.stringify(answer), JSON.stringify(JSON.parse(out)), name);
}

test("decide answers as natively", options, async (t) => {
  let count = 0;
  for (const group of corpus.decide) {
    await t.test(group.name, async () => {
      const edgewise = await start(group);
      for (const c of group.cases) {
        count++;
        same(edgewise.decide(c.in), c, c.name);
        if (c.explains) assert.equal(JSON.stringify(edgewise.explain(c.in)), JSON.stringify(JSON.parse(c.explains)), c.name);
      }
      assert.deepEqual(edgewise.faults, { traps: 0, failedStarts: 0 });
    });
  }
  t.diagnostic(`${count} cases`);
});

test("plan answers as natively", options, async (t) => {
  let count = 0;
  for (const group of corpus.plan) {
    await t.test(group.name, async () => {
      const edgewise = await start(group);
      for (const c of group.cases) {
        count++;
        same(edgewise.plan(c.in), c, c.name);
        const sent = edgewise.handOver(c.in);
        assert.equal(sent ? `${sent.signature}\n${sent.body}` : "", c.sends ?? "", c.name);
      }
      assert.deepEqual(edgewise.faults, { traps: 0, failedStarts: 0 });
    });
  }
  t.diagnostic(`${count} cases`);
});
