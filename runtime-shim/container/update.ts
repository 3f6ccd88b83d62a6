import type { Init, Message } from "../../cri/vocabulary.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import { join } from "node:path";
import { readJson, writeFileAtomic } from "../os/files.ts";
import { run } from "../os/processes.ts";
import { mergeResources, resourcesOf } from "../oci/resources.ts";
import type { OciSpec } from "../oci/spec-types.ts";
import { recordExit } from "./exited.ts";

/** Changes a container's limits: at once when it runs, in its configuration when it has not been started. */
export async function updateContainerResources(context: ShimContext, request: Message<"UpdateContainerResourcesRequest">): Promise<Init<"UpdateContainerResourcesResponse">> {
  const record = containerOf(context, request.containerId);
  const update = request.linux;
  return context.locks.run(record.id, async () => {
    recordExit(context, record);
    if (record.phase !== "created" && record.phase !== "running") throw new CriError("FAILED_PRECONDITION", `container ${record.id} is ${record.phase}: its resources can't be changed`);
    if (update === undefined) return {};
    const merged = mergeResources(record.resources, update);
    const resources = resourcesOf(merged, context.cgroups);
    if (record.phase === "running") {
      const input = JSON.stringify(resources);
      const result = await run(context.runtime.path, ["--root", context.runtime.root, "update", "--resources", "-", record.id], { clock: context.clock, input });
      if (result.exitCode !== 0) throw new CriError("UNKNOWN", `cannot update container ${record.id}: ${result.stderr.toString().trim()}`);
    }
    const file = join(context.paths.container(record.id), "config.json");
    const spec = readJson(file) as OciSpec;
    const changed: OciSpec = { ...spec, linux: { ...spec.linux, resources: { ...spec.linux.resources, ...resources } } };
    writeFileAtomic(file, JSON.stringify(changed));
    record.resources = merged;
    context.containers.save(record);
    return {};
  });
}
