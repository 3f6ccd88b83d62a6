import type { Command } from "commander";
import { addOptions, dataDirOption, type OptionSpec, readOptions } from "../options.ts";

const upOptions = [
  dataDirOption as typeof dataDirOption & { name: "data-dir" },
  { name: "listen", value: "HOST:PORT", description: "where the API is served", default: "127.0.0.1:6443", env: "BERTH_LISTEN" },
  { name: "agent-port", value: "PORT", description: "port of the agent's HTTPS server", default: "10250", env: "BERTH_AGENT_PORT" },
  { name: "cluster-cidr", value: "CIDR", description: "addresses of pods", default: "10.244.0.0/16", env: "BERTH_CLUSTER_CIDR" },
  { name: "scheduler-config", value: "FILE", description: "profiles, weights and limits of the scheduler, a SchedulerConfiguration (default: built in)", env: "BERTH_SCHEDULER_CONFIG" },
  { name: "no-hello", description: "do not run manifests/examples/hello.yaml" },
] as const satisfies readonly OptionSpec[];

const stopOptions = [dataDirOption as typeof dataDirOption & { name: "data-dir" }] as const;

const kubeconfigOptions = [
  dataDirOption as typeof dataDirOption & { name: "data-dir" },
  { name: "pki-dir", value: "DIR", description: "folder of the CA (default: DATA_DIR/pki)" },
  { name: "server", value: "URL", description: "address of the API server (default: the one that `berth up` serves, else https://127.0.0.1:6443)" },
  { name: "node", value: "NAME", description: "make the kubeconfig of this node's agent, with client and serving certificate" },
  { name: "node-ip", value: "IP", description: "address of that node, for its serving certificate" },
] as const satisfies readonly OptionSpec[];

const imageOptions = [{ name: "cri-endpoint", value: "unix://PATH", description: "socket of the container runtime (default: the one of `berth up`)" }] as const satisfies readonly OptionSpec[];

/** `berth up|down|purge|kubeconfig|image`: a cluster on this machine. */
export function registerClusterCommands(program: Command): void {
  const group = "This machine:";
  addOptions(program.command("up").helpGroup(group).description("start a cluster on this machine and run hello in it"), upOptions).action(async (parsed) => {
    const { up } = await import("../daemon/up.ts");
    // Commander turns --no-hello into hello: false.
    await up({ ...readOptions(upOptions, parsed, process.env), hello: parsed.hello !== false });
  });
  addOptions(program.command("down").helpGroup(group).description("stop the cluster of this machine; its state stays"), stopOptions).action(async (parsed) => {
    const { down } = await import("../daemon/down.ts");
    await down(readOptions(stopOptions, parsed, process.env)["data-dir"] ?? "");
  });
  addOptions(program.command("purge").helpGroup(group).description("stop the cluster and remove all that Berth put on this machine"), stopOptions).action(async (parsed) => {
    const { purge } = await import("../daemon/purge.ts");
    await purge(readOptions(stopOptions, parsed, process.env)["data-dir"] ?? "");
  });
  addOptions(program.command("kubeconfig").helpGroup(group).description("print the path of the admin's kubeconfig, or of a node agent's"), kubeconfigOptions).action(async (parsed) => {
    const { kubeconfig } = await import("../kubeconfig.ts");
    process.stdout.write(`${await kubeconfig(readOptions(kubeconfigOptions, parsed, process.env))}\n`);
  });
  const image = program.command("image").helpGroup(group).description("images of this machine's container runtime");
  addOptions(image.command("import").argument("<FILE|DIR>", "OCI layout folder, or OCI or docker archive").description("import images from an OCI layout or archive"), imageOptions).action(async (path, parsed) => {
    const { importImage } = await import("../image.ts");
    await importImage(path, readOptions(imageOptions, parsed, process.env));
  });
}
