import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";

const SOURCE = "export const answer: number = 42;\nconsole.log(answer);\n";

/** A folder with the loader, and one module; runs it. */
function someCheckout(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), "berth-stripped-"));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const loader = join(dir, "loader.mjs");
  const module = join(dir, "module.ts");
  writeFileSync(loader, stripTypeScriptTypes(readFileSync(join(import.meta.dirname, "stripped-loader.ts"), "utf8")));
  writeFileSync(module, SOURCE);
  return {
    ready: join(dir, `${hash("sha1", SOURCE)}.js`),
    run: () => execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", "--import", loader, module], { encoding: "utf8" }),
  };
}

test("what is not there yet is made, and kept for the next process", (t) => {
  const { ready, run } = someCheckout(t);
  t.is(run(), "42\n");
  t.is(readFileSync(ready, "utf8"), stripTypeScriptTypes(SOURCE));
  t.is(run(), "42\n");
});

test("what a crash of the machine left empty or cut off is made anew", (t) => {
  const { ready, run } = someCheckout(t);
  for (const left of ["", stripTypeScriptTypes(SOURCE).slice(0, 20)]) {
    writeFileSync(ready, left);
    t.is(run(), "42\n");
    t.is(readFileSync(ready, "utf8"), stripTypeScriptTypes(SOURCE));
  }
});
