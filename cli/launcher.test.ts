import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { startTestServer } from "../apiserver/testing/test-server.ts";

const LAUNCHER = join(import.meta.dirname, "../bin/berth");

test("a reader that closes early ends the CLI quietly", async (t) => {
  const server = await startTestServer();
  t.teardown(() => server.stop());
  const child = spawn(LAUNCHER, ["get", "namespaces", "--kubeconfig", server.adminKubeconfigPath], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = await once(child, "close");
  t.is(stderr, "");
  t.is(code, 0);
});

test("without a Node that runs: down and purge have nothing to do where there is no data; everything else says what to do", (t) => {
  const root = mkdtempSync(join(tmpdir(), "berth-launcher-"));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "bin"));
  cpSync(LAUNCHER, join(root, "bin/berth"));
  const run = (verb: string, data: string) => spawnSync(join(root, "bin/berth"), [verb], { env: { PATH: "/usr/bin:/bin", BERTH_DATA_DIR: data }, encoding: "utf8" });
  for (const verb of ["down", "purge"]) {
    const nothing = run(verb, join(root, "absent"));
    t.is(nothing.status, 0, nothing.stderr);
    t.regex(nothing.stdout, /There is no cluster in /);
    t.is(run(verb, root).status, 1);
  }
  const get = run("get", join(root, "absent"));
  t.is(get.status, 1);
  t.regex(get.stderr, /Run 'make up' in .* first/);
});
