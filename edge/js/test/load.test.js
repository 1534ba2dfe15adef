import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";
import { EdgewiseRefusal, load } from "../edgewise.js";
import { bytesOf, corpus, group, needsCorpus } from "./bundles.js";

const refused = (code) => (error) => error instanceof EdgewiseRefusal && error.code === code && error.detail !== "" && error.message.includes(code);

test("what is no bundle is refused", needsCorpus, async () => {
  const bundle = bytesOf(group("first-match"));
  const flipped = bundle.slice();
  flipped[flipped.length - 1] ^= 1;
  const newer = bundle.slice();
  newer[4] = 2;
  for (const [name, bytes, code] of [
    ["nothing", new Uint8Array(0), "torn"],
    ["garbage", new TextEncoder().encode("<html>404</html>".repeat(40)), "torn"],
    ["the first half", bundle.slice(0, bundle.length / 2), "torn"],
    ["a flipped bit", flipped, "torn"],
    ["more than there can be", new Uint8Array(9 << 20), "limit"],
    ["a signed bundle without trust", bytesOf(group()), "torn"],
  ]) {
    await assert.rejects(load(bytes), refused(code), name);
  }
  await assert.rejects(load(newer), EdgewiseRefusal);
});

test("what is no bytes, and what is no option, is a mistake of the caller's", needsCorpus, async () => {
  const bundle = bytesOf(group("first-match"));
  for (const bytes of [undefined, null, "bundle", 5, {}, [1, 2]]) await assert.rejects(load(bytes), /load: want a bundle's bytes/);
  for (const [options, says] of [
    [{ now: "soon" }, /now: want/],
    [{ now: {} }, /now: want/],
    [{ trust: "keys" }, /trust: not JSON/],
    [{ trust: {} }, /trust: want the trust file/],
    [{ trust: { version: 1, threshold: 1, keys: [], thresold: 1 } }, /trust: unknown key "thresold"/],
    [{ trust: { version: 1, threshold: 0, keys: [] } }, /trust.threshold: want/],
    [{ trust: { version: 1, threshold: 1, keys: [{ public: "AA==" }] } }, /trust.keys\[0\].public: want 32 bytes/],
    [{ trust: { version: 1, threshold: 1, keys: [] }, floor: -1 }, /floor: want/],
    [{ trust: { version: 1, threshold: 1, keys: [] }, channel: 5 }, /channel: want a string/],
  ]) {
    await assert.rejects(load(bundle, options), (error) => error instanceof TypeError && says.test(error.message), JSON.stringify(options));
  }
});

test("bytes are taken as they come", needsCorpus, async () => {
  const bundle = bytesOf(group("first-match"));
  const shifted = new Uint8Array(bundle.length + 3);
  shifted.set(bundle, 3);
  for (const bytes of [bundle, bundle.buffer, Buffer.from(bundle), new DataView(bundle.buffer), shifted.subarray(3)]) {
    assert.equal((await load(bytes)).bundle.version, 0);
  }
});

test("a signed bundle is verified", needsCorpus, async (t) => {
  const signed = group();
  const { trust, channel } = signed;
  const envelope = bytesOf(signed);
  const now = 0;
  const edgewise = await load(envelope, { trust: JSON.stringify(trust), channel, now });
  const { version } = edgewise.bundle;
  assert.ok(version > 0);
  const kept = edgewise.accepted;
  assert.equal(kept.version, version);
  assert.match(kept.digest, /^sha512-256:[0-9a-f]{64}$/);

  const changed = envelope.slice();
  changed[changed.length - 1] ^= 1;
  const stranger = corpus.decide.findLast((g) => g.trust && g !== signed);
  for (const [name, bytes, options, code] of [
    ["a payload that was changed", changed, {}, "signature"],
    ["half of it", envelope.slice(0, 200), {}, "torn"],
    ["one of somebody else's", bytesOf(stranger), {}, "unknown_key"],
    ["one of another channel", envelope, { channel: "production" }, "channel"],
    ["one below the floor", envelope, { floor: version + 1 }, "version"],
    ["one older than what was accepted", envelope, { accepted: { ...kept, version: version + 1 } }, "version"],
    ["the same version with other content", envelope, { accepted: { ...kept, digest: `sha512-256:${"0".repeat(64)}` } }, "conflict"],
    ["an unsigned bundle", bytesOf(group("first-match")), {}, "torn"],
  ]) {
    await t.test(name, () => assert.rejects(load(bytes, { trust, channel, now, ...options }), refused(code)));
  }
  await t.test("again, with what was accepted", async () => {
    const again = await load(envelope, { trust, channel, now, accepted: JSON.parse(JSON.stringify(kept)) });
    assert.deepEqual(again.accepted, kept);
  });
  await t.test("a refusal leaves the one before it deciding", () => {
    const before = JSON.stringify(edgewise.decide({ now: "1970-01-01T00:00:00Z" }));
    for (const bytes of [changed, envelope.slice(0, 100), bytesOf(stranger)]) {
      assert.throws(() => edgewise.load(bytes), EdgewiseRefusal);
      assert.equal(JSON.stringify(edgewise.decide({ now: "1970-01-01T00:00:00Z" })), before);
    }
    assert.deepEqual(edgewise.accepted, kept);
    assert.deepEqual(edgewise.faults, { traps: 0, failedStarts: 0 });
  });
});

test("another bundle takes the place of the one before, again and again", needsCorpus, async () => {
  const bundles = corpus.decide.filter((g) => !g.trust).slice(0, 8);
  const edgewise = await load(bytesOf(bundles[0]));
  for (let round = 0; round < 20; round++) {
    for (const one of bundles) {
      edgewise.load(bytesOf(one));
      const [{ in: input, out, error }] = one.cases;
      if (!error) assert.equal(JSON.stringify(edgewise.decide({ now: "1970-01-01T00:00:00Z", ...input })), out);
    }
  }
  assert.deepEqual(edgewise.faults, { traps: 0, failedStarts: 0 });
});

test("bundles and questions leave memory as it was", needsCorpus, async (t) => {
  const memories = new Set();
  const { Instance } = WebAssembly;
  t.after(() => { WebAssembly.Instance = Instance; });
  WebAssembly.Instance = function (...args) {
    const instance = new Instance(...args);
    memories.add(instance.exports.memory);
    return instance;
  };
  const one = group("first-match");
  const bytes = bytesOf(one);
  const edgewise = await load(bytes);
  const work = (loads, questions) => {
    for (let i = 0; i < loads; i++) edgewise.load(bytes);
    for (let i = 0; i < questions; i++) edgewise.decide(one.cases[i % one.cases.length].in);
    return [...memories].map((memory) => memory.buffer.byteLength);
  };
  const before = work(4, 100);
  assert.equal(before.length, 1);
  assert.deepEqual(work(100, 20000), before);
});

test("nothing that is only in Node is imported", async () => {
  const folder = new URL("../", import.meta.url);
  const files = ["edgewise.js", ...(await readdir(new URL("lib/", folder))).map((name) => `lib/${name}`)];
  assert.ok(files.length > 10);
  for (const file of files) {
    const text = await readFile(new URL(file, folder), "utf8");
    for (const [, from] of text.matchAll(/^(?:import|export) .*from "([^"]+)"/gm)) assert.match(from, /^\.\.?\//, file);
    assert.doesNotMatch(text, /\b(process|Buffer|require|eval|Function)\b[.(]/, file);
  }
});
