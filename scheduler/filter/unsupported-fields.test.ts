import test from "ava";
import type { PodSpec } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import { makeNode, makePod } from "../testing/objects.ts";

for (const [field, value] of [["resourceClaims", [{ name: "gpu", resourceClaimName: "c" }]], ["schedulingGroup", { podGroupName: "g" }]] as const) {
  test(`a pod with ${field} is refused with the reason, and nobody is evicted for it`, (t) => {
    const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
    core.setNode(makeNode("a"));
    core.setPod(makePod("low", { nodeName: "a", requests: { cpu: "4" } }));
    core.setPod(makePod("p", { priority: 10, spec: { [field]: value } as Partial<PodSpec> }));
    const decision = core.step();
    t.is(decision?.type === "unplaced" ? decision.text : "", `0/1 nodes are available: the pod has spec.${field}, which this scheduler does not support. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`);
  });
}
