// Bundles for tests: those of the corpus. Without it what needs them is skipped.
import { readFile } from "node:fs/promises";

const file = process.env.EDGEWISE_CORPUS;

export const corpus = file ? JSON.parse(await readFile(file, "utf8")) : undefined;

/** Options of tests that need the corpus. */
export const needsCorpus = { skip: corpus ? false : "there is no corpus: run `go test ./host -run JavaScript`" };

export const bytesOf = ({ bundle }) => new Uint8Array(Buffer.from(bundle, "base64"));

/** group gives a group of decide's cases; by name, or the first that is signed. */
export const group = (name) => corpus.decide.find((g) => (name ? g.name === name : g.trust));
