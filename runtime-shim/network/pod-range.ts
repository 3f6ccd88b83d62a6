import { isIP } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import { CriError } from "../errors.ts";
import { run } from "../os/processes.ts";

/** The highest metric there is for either family: any other route to the range, such as the bridge's, comes before. */
const LAST_METRIC = "4278198272";

/** Splits and checks `10.88.0.0/24` or `10.88.0.0/24,fd00::/64`. INVALID_ARGUMENT when one is not a range. */
export function parsePodCidrs(text: string): string[] {
  const cidrs = text.split(",").map((cidr) => cidr.trim()).filter((cidr) => cidr !== "");
  for (const cidr of cidrs) {
    const [address, length, ...rest] = cidr.split("/");
    const family = isIP(address ?? "");
    const bits = Number(length);
    if (family === 0 || rest.length > 0 || !/^[0-9]+$/.test(length ?? "") || bits > (family === 4 ? 30 : 126)) throw new CriError("INVALID_ARGUMENT", `pod range ${JSON.stringify(cidr)} is not an address range`);
  }
  return cidrs;
}

/**
 * Rejects packets for the range that no better route takes: one for a pod that is gone must not leave by the default route. Idempotent.
 */
export async function rejectRange(cidr: string, clock: Clock): Promise<void> {
  await ip(["route", "replace", "unreachable", cidr, "metric", LAST_METRIC], cidr, clock);
}

/** Takes the rejection away; nothing to do when it is not there. */
export async function unrejectRange(cidr: string, clock: Clock): Promise<void> {
  await ip(["route", "del", "unreachable", cidr, "metric", LAST_METRIC], cidr, clock, /No such process/);
}

/** Removes the bridge; nothing to do when there is none. */
export async function removeBridge(name: string, clock: Clock): Promise<void> {
  const result = await run("ip", ["link", "del", "dev", name, "type", "bridge"], { clock });
  if (result.exitCode !== 0 && !/Cannot find device/.test(result.stderr.toString())) throw new Error(`cannot remove bridge ${name}: ${result.stderr.toString().trim()}`);
}

async function ip(args: readonly string[], cidr: string, clock: Clock, tolerated?: RegExp): Promise<void> {
  const result = await run("ip", [cidr.includes(":") ? "-6" : "-4", ...args], { clock });
  const complaint = result.stderr.toString();
  if (result.exitCode !== 0 && tolerated?.test(complaint) !== true) throw new Error(`ip ${args.join(" ")}: ${complaint.trim()}`);
}
