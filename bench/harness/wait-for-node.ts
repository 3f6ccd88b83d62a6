import { existsSync } from "node:fs";
import { nodes } from "../../api/resources.ts";
import type { Node } from "../../api/wire.ts";
import { openSession } from "../../cli/api/session.ts";

/** Ends with 0 as soon as the cluster of BENCH_KUBECONFIG has a Ready node; run in the cluster's network namespace. */
const path = process.env.BENCH_KUBECONFIG ?? "";
const deadline = AbortSignal.timeout(60_000);
const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
const isReady = (node: Node) => node.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;

while (!existsSync(path) && !deadline.aborted) await pause();
const { client } = await openSession({ kubeconfig: path, env: {} });
for (;;) {
  if (deadline.aborted) throw new Error("no Ready node within 60 s");
  try {
    const list = await client.list(nodes);
    if (list.items.some(isReady)) break;
    let ready = false;
    for await (const batch of client.watch(nodes, { resourceVersion: list.metadata.resourceVersion ?? "" }, deadline)) {
      ready = batch.some((event) => event.type !== "BOOKMARK" && isReady(event.object));
      if (ready) break;
    }
    if (ready) break;
  } catch (error) {
    if (!/ConnectionError/.test((error as Error).name)) throw error;
    await pause();
  }
}
process.exit(0);
