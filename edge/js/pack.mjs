// Puts the module itself where in a checkout a link to it lies, since packages hold no links; with --undo the link again. `npm pack` calls both.
import { copyFile, realpath, rm, symlink } from "node:fs/promises";

const place = new URL("./edgewise.wasm", import.meta.url);
const built = "../../host/module/edgewise.wasm";

if (process.argv[2] === "--undo") {
  await rm(place);
  await symlink(built, place);
} else {
  const source = await realpath(new URL(built, import.meta.url));
  await rm(place);
  await copyFile(source, place);
}
