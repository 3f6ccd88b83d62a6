import { hash } from "node:crypto";
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

/** Makes the JavaScript that processes run (stripped-loader.ts), and removes what was made from files that are gone. */
const root = join(import.meta.dirname, "..");
const to = join(root, "node_modules/.cache/stripped");
const FOLDERS = "{agent,api,apiserver,cli,client,controllers,cri,lib,runtime-shim,scheduler,store}";
const LOADER = "loader.mjs";

mkdirSync(to, { recursive: true });
const present = new Set(readdirSync(to));
const wanted = new Set([LOADER]);
for (const path of globSync(`${FOLDERS}/**/*.ts`, { cwd: root })) {
  if (path.endsWith(".test.ts")) continue;
  const text = readFileSync(join(root, path));
  const name = `${hash("sha1", text)}.js`;
  wanted.add(name);
  if (!present.has(name) || statSync(join(to, name)).size !== text.length) write(name, stripTypeScriptTypes(text.toString("utf8")));
}
// Last: processes use what lies there as soon as they find it.
write(LOADER, stripTypeScriptTypes(readFileSync(join(import.meta.dirname, "stripped-loader.ts"), "utf8")));
for (const name of present) if (!wanted.has(name)) rmSync(join(to, name), { force: true });

/** Never half there: processes may start meanwhile. */
function write(name: string, text: string): void {
  const path = join(to, `${name}.${process.pid}`);
  writeFileSync(path, text);
  renameSync(path, join(to, name));
}
