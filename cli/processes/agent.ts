import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createAgent } from "../../agent/agent.ts";
import { createHttpClient } from "../../client/http/client.ts";
import { systemClock } from "../../lib/clock.ts";
import { systemRandom } from "../../lib/random.ts";
import type { agentOptions } from "../commands/processes.ts";
import { readServingCertificate } from "../kubeconfig.ts";
import type { OptionValues } from "../options.ts";
import { UserError } from "../user-error.ts";
import { connectionOf } from "./component.ts";
import { processLogger, runUntilStopped } from "./run-process.ts";

type Values = OptionValues<(typeof agentOptions)[number]["name"]>;

/** The first IPv4 address that is not loopback's. */
function ownAddress(): string {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && one.family === "IPv4" && !one.internal);
  if (found === undefined) throw new UserError("this machine has no IPv4 address but loopback; name the node's with --node-ip");
  return found.address;
}

function labelsOf(text: string | undefined): Record<string, string> {
  const pairs = (text ?? "").split(",").filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1) throw new UserError(`--node-labels ${text}: write KEY=VALUE,KEY=VALUE`, 2);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function numberOf(option: string, text: string | undefined, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) throw new UserError(`--${option} ${text}: write a whole number up to ${most}`, 2);
  return value;
}

/** `berth agent`: runs the pods of one Node until it is told to stop; containers go on running. */
export async function runAgent(values: Values): Promise<void> {
  const logger = processLogger("agent", values);
  const kubeconfig = values.kubeconfig ?? "";
  const connection = await connectionOf(kubeconfig, `Make one with: berth kubeconfig --node ${values["node-name"]} --node-ip IP`);
  const client = createHttpClient(connection, { clock: systemClock, userAgent: "kubelet" });
  const agent = createAgent({
    client,
    criEndpoint: values["cri-endpoint"] ?? "",
    nodeName: values["node-name"] ?? "",
    nodeIp: values["node-ip"] ?? ownAddress(),
    dataDir: join(values["data-dir"] ?? "", "agent"),
    serving: { ...readServingCertificate(kubeconfig), clientCa: connection.ca ?? "" },
    port: numberOf("port", values.port, 65_535),
    cgroupRoot: values["cgroup-root"] ?? "/berth",
    maxPods: numberOf("max-pods", values["max-pods"], 100_000),
    nodeLabels: labelsOf(values["node-labels"]),
    clock: systemClock,
    random: systemRandom,
    logger,
  });
  await runUntilStopped(logger, async (signal) => {
    await agent.run(signal);
    client.close();
  });
}
