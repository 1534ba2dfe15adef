// The package as it is installed: packed from a copy of the checkout, installed into an empty folder, used by its name.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bytesOf, group, needsCorpus } from "./bundles.js";

const run = promisify(execFile);
const here = fileURLToPath(new URL("..", import.meta.url));
const most = 164 << 10; // bytes of the tarball, nearly all of them the module's

test("the package is packed, installed and used", needsCorpus, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "edgewise-"));
  t.after(() => rm(folder, { recursive: true }));
  const clone = join(folder, "clone", "edge", "js");
  await cp(here, clone, { recursive: true, verbatimSymlinks: true });
  const module = join(folder, "clone", "host", "module", "edgewise.wasm");
  await mkdir(join(module, ".."), { recursive: true });
  await cp(await realpath(join(here, "edgewise.wasm")), module);

  const npm = (args, cwd) => run("npm", [...args, "--cache", join(folder, "cache"), "--offline", "--no-audit", "--no-fund", "--no-update-notifier"], { cwd });
  await npm(["pack", "--pack-destination", folder], clone);
  const { version } = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
  const tarball = join(folder, `edgewise-${version}.tgz`);
  const { size } = await stat(tarball);
  assert.ok(size <= most, `the tarball has ${size} bytes, the limit is ${most}`);
  t.diagnostic(`${size} bytes`);
  assert.deepEqual(await readFile(join(clone, "edgewise.wasm")), await readFile(module), "the link is back");

  const site = join(folder, "site");
  await mkdir(site);
  await writeFile(join(site, "package.json"), '{"name": "site", "private": true, "type": "module"}');
  await npm(["install", "--ignore-scripts", tarball], site);
  await writeFile(join(site, "one.bundle"), bytesOf(group("first-match")));
  await writeFile(join(site, "site.js"), `
    import { readFile } from "node:fs/promises";
    import { load } from "edgewise";
    const edgewise = await load(await readFile("one.bundle"));
    console.log(Object.keys(edgewise.decide({}).decisions).length, edgewise.bundle.name);
  `);
  const { stdout } = await run("node", ["site.js"], { cwd: site });
  assert.match(stdout, /^[1-9]\d* \S+\n$/);
  for (const file of ["edgewise.d.ts", "README.md", "edgewise.wasm"]) await stat(join(site, "node_modules", "edgewise", file));
});
