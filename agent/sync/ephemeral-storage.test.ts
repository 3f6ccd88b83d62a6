import test from "ava";
import type { Pod } from "../../api/wire.ts";
import { containerOf, podOf } from "../testing/pod-bench.ts";
import { hasStorageLimit, storageOverLimit } from "./ephemeral-storage.ts";

const MIB = 1024 * 1024;

function podWith(...limits: (string | undefined)[]): Pod {
  return podOf({ containers: limits.map((limit, index) => containerOf(`c${index}`, limit === undefined ? {} : { resources: { limits: { "ephemeral-storage": limit } } })) });
}

function over(pod: Pod, volumes_mib: number, ...containers_mib: number[]): string | undefined {
  return storageOverLimit(pod, { volumes_bytes: volumes_mib * MIB, containers: new Map(containers_mib.map((mib, index) => [`c${index}`, mib * MIB])) })?.message;
}

test("a pod is evicted for more than its containers may write together, volumes counted", (t) => {
  const pod = podWith("5Mi", "10Mi");
  t.true(hasStorageLimit(pod));
  t.is(over(pod, 5, 4, 6), undefined);
  t.is(over(pod, 6, 4, 6), "Pod ephemeral local storage usage exceeds the total limit of containers 15Mi. ");
});

test("a container is evicted for more than its own limit; one without a limit adds to the pod's sum only", (t) => {
  t.is(over(podWith("5Mi", "10Mi"), 0, 6, 1), 'Container c0 exceeded its local ephemeral storage limit "5Mi". ');
  t.is(over(podWith("5Mi", undefined), 0, 1, 6), "Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ");
  t.false(hasStorageLimit(podWith(undefined)));
  t.is(over(podWith(undefined), 100, 100), undefined);
});
