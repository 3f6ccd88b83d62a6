import { pods } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import { openSession } from "../../cli/api/session.ts";

/**
 * Creates pods one after another and prints, as a JSON list, the milliseconds from the POST to the watch event that shows Running;
 * run in the cluster's network namespace. BENCH_KUBECONFIG, BENCH_COUNT, BENCH_IMAGE.
 */
const { client } = await openSession({ kubeconfig: process.env.BENCH_KUBECONFIG ?? "", env: {} });
const count = Number(process.env.BENCH_COUNT ?? 50);
const image = process.env.BENCH_IMAGE ?? "";
const namespace = "default";
const signal = AbortSignal.timeout(10 * 60_000);

const waiting = new Map<string, (at: number) => void>();
const gone = new Map<string, () => void>();
const list = await client.list(pods, { namespace });
void (async () => {
  for await (const batch of client.watch(pods, { namespace, resourceVersion: list.metadata.resourceVersion ?? "" }, signal)) {
    const now = performance.now();
    for (const event of batch) {
      const name = event.object.metadata.name ?? "";
      if (event.type === "DELETED") gone.get(name)?.();
      else if (event.type !== "BOOKMARK" && event.object.status?.phase === "Running") waiting.get(name)?.(now);
    }
  }
})();

const samples: number[] = [];
for (let index = 0; index < count; index++) {
  const name = `start-${index}`;
  const running = new Promise<number>((resolve) => waiting.set(name, resolve));
  const deleted = new Promise<void>((resolve) => gone.set(name, resolve));
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "c", image, command: ["sleep", "1000"] }] } } as unknown as Pod;
  const start = performance.now();
  await client.create(pods, pod, { namespace });
  samples.push((await running) - start);
  await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 1 });
  await deleted;
}
process.stdout.write(JSON.stringify(samples));
process.exit(0);
