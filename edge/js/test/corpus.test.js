// The corpus that every build of the engine answers alike, with the answers that it has natively. `go test ./host -run JavaScript` writes it.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../edgewise.js";
import { refusal } from "../lib/refusal.js";
import { bytesOf, corpus, needsCorpus } from "./bundles.js";

const start = (group) => load(bytesOf(group), { trust: group.trust, channel: group.channel, now: 0 });

/** same compares an answer with a line, byte by byte; that of an input without one says so. */
function same(answer, { out, error }, name) {
  if (error) assert.deepEqual(answer, { error }, name);
  else assert.equal(JSON.stringify(answer), JSON.stringify(JSON.parse(out)), name);
}

test("decide answers as natively", needsCorpus, async (t) => {
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

test("plan answers as natively", needsCorpus, async (t) => {
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

test("refusals say what they say natively", needsCorpus, () => {
  for (const { words, code, detail } of corpus.refusals) {
    const made = refusal(Uint32Array.from(words));
    assert.deepEqual([made.code, made.detail], [code, detail]);
  }
});
