import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOk } from "../../e2e/harness/run.ts";
import type { MeasuredServer } from "./servers.ts";

/** What `wrk` sends. */
export interface Load {
  readonly path: string;
  readonly token: string;
  readonly connections: number;
  readonly duration_s: number;
  /** For POST: a Lua expression of `name`, the body's text. */
  readonly luaBody?: string;
  /** Begins the names of what is created. */
  readonly prefix?: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly requests_per_s: number;
  readonly bytes: number;
  readonly bytes_per_s: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

const THREADS = 1;

/**
 * Drives a server with `wrk` (a C program: a Node client would saturate first) from keep-alive connections over TLS.
 * @throws Error when an answer is no 2xx or a connection fails
 */
export async function drive(server: MeasuredServer, load: Load): Promise<LoadResult> {
  const dir = mkdtempSync(join(tmpdir(), "berth-wrk-"));
  try {
    const script = join(dir, "load.lua");
    writeFileSync(script, luaOf(load));
    const out = await runOk(undefined, ["wrk", "-t", String(THREADS), "-c", String(load.connections), "-d", `${load.duration_s}s`, "--timeout", "120s", "-s", script, `${server.url}${load.path}`], { timeout_ms: (load.duration_s + 180) * 1000 });
    const result = JSON.parse(out.slice(out.lastIndexOf("{"))) as Record<string, number>;
    const failures = (result.errors ?? 0) + (result.connect ?? 0) + (result.read ?? 0) + (result.write ?? 0) + (result.timeout ?? 0);
    if (failures > 0) throw new Error(`${failures} of ${result.requests} requests to ${load.path} failed: ${JSON.stringify(result)}`);
    const took_s = (result.duration_us ?? 1) / 1e6;
    return { requests: result.requests ?? 0, requests_per_s: (result.requests ?? 0) / took_s, bytes: result.bytes ?? 0, bytes_per_s: (result.bytes ?? 0) / took_s, p50_ms: (result.p50 ?? 0) / 1000, p99_ms: (result.p99 ?? 0) / 1000 };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function luaOf(load: Load): string {
  const request =
    load.luaBody === undefined
      ? ""
      : `local count = 0
request = function()
  count = count + 1
  local name = "${load.prefix ?? "p"}-" .. count
  return wrk.format("POST", nil, nil, ${load.luaBody})
end`;
  return `wrk.headers["Authorization"] = "Bearer ${load.token}"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
${request}
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"bytes":%d,"duration_us":%d,"p50":%d,"p99":%d,"errors":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99), e.status, e.connect, e.read, e.write, e.timeout))
end
`;
}
