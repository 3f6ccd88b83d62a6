import type { Failure } from "../decide/examine.ts";
import { claimsOf, classNameOf, SELECTED_NODE } from "../volume/claims.ts";
import type { Shortfall, Situation } from "./fix.ts";

/** Volumes cannot be conjured up by the scheduler: it is told which claim and which volume it is about. */
export function volumeShortfalls(situation: Situation, { filter, reasons }: Failure): readonly Shortfall[] {
  const { pod, node, cluster } = situation;
  const { volumes } = cluster;
  const claims = claimsOf(pod, volumes);
  const [reason = ""] = reasons;
  const say = (text: string): Shortfall => ({ filter, reason, text, fixes: [] });
  if (filter === "VolumeRestrictions") {
    const users = (pod.volumes?.claims ?? []).flatMap(({ name }) => [...volumes.usersOf(`${pod.namespace}/${name}`)].map(({ pod: user, node: at }) => `${user.key} on ${cluster.snapshot.nodes[at]!.name}`));
    return [say(users.length === 0 ? "a disk of the pod is in use on the node" : `a ReadWriteOncePod claim is used by ${users.join(", ")}`)];
  }
  if (typeof claims === "string") return [say(claims)];
  if (filter === "NodeVolumeLimits") {
    const limits = (volumes.csiNodes.get(node.name)?.spec?.drivers ?? []).flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [`${name} attaches at most ${allocatable.count}`]));
    return [say(`too many volumes on the node: ${limits.join(", ")}`)];
  }
  const bound = claims.bound.map(({ claim, volume }) => `claim ${claim.metadata.name} is bound to volume ${volume.metadata.name}, which ${filter === "VolumeZone" ? "is in another zone" : "cannot be reached from here"}`);
  if (filter === "VolumeZone" || reason.includes("node affinity")) return bound.map(say);
  return claims.delayed.map(({ claim }) => {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    const elsewhere = selected && selected !== node.name ? `is being made for ${selected}` : "has no volume here and none can be made here";
    return say(`claim ${claim.metadata.name} (class ${classNameOf(claim) || "none"}) ${elsewhere}`);
  });
}

/** Each claim of the pod and how it is: for the head of an explanation. */
export function claimLines({ pod, cluster: { volumes } }: Omit<Situation, "node">): string[] {
  return (pod.volumes?.claims ?? []).map(({ name }) => {
    const claim = volumes.claims.get(`${pod.namespace}/${name}`);
    if (claim === undefined) return `claim ${name}: there is no such claim`;
    const mode = volumes.classes.get(classNameOf(claim))?.volumeBindingMode ?? (classNameOf(claim) === "" ? "no class" : "the class does not exist");
    return `claim ${name}: ${claim.status?.phase ?? "Pending"}${claim.spec?.volumeName ? `, volume ${claim.spec.volumeName}` : ""}, class ${classNameOf(claim) || "none"} (${mode})`;
  });
}
