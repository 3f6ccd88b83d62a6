import type { Command } from "commander";
import { addOptions, dataDirOption, type OptionSpec, readOptions } from "../options.ts";

/** What every long-running process understands. */
const logOptions = [
  { name: "log-level", value: "LEVEL", description: "trace, debug, info, warn, error or silent", default: "info" },
  { name: "log-file", value: "FILE", description: "write JSON lines there, kept below 32 MiB, instead of to stderr" },
] as const satisfies readonly OptionSpec[];

export const storeOptions = [
  { name: "etcd", value: "URL,URL…", description: "keep the state in this etcd instead of the embedded store" },
  { name: "etcd-cafile", value: "FILE", description: "CA that etcd's certificates are checked with" },
  { name: "etcd-certfile", value: "FILE", description: "client certificate for etcd" },
  { name: "etcd-keyfile", value: "FILE", description: "key of that certificate" },
] as const satisfies readonly OptionSpec[];

export const apiserverOptions = [
  dataDirOption as typeof dataDirOption & { name: "data-dir" },
  { name: "listen", value: "HOST:PORT", description: "where the API is served over HTTPS", default: "127.0.0.1:6443" },
  { name: "advertise-address", value: "IP", description: "address that the API's clients in the cluster use; in the serving certificate (default: the one of --listen)" },
  { name: "pki-dir", value: "DIR", description: "folder of the CA and the ServiceAccount keys, made when absent; all servers of a cluster get the same (default: DATA_DIR/pki)" },
  ...storeOptions,
  { name: "service-cluster-ip-range", value: "CIDR", description: "addresses of Services", default: "10.96.0.0/16" },
  { name: "allow-privileged", description: "pods may have privileged containers" },
  { name: "tls-san", value: "NAME,IP…", description: "further names and addresses for the serving certificate" },
  ...logOptions,
] as const satisfies readonly OptionSpec[];

export const controllersOptions = [
  { name: "cluster-cidr", value: "CIDR", description: "addresses of pods; each Node gets a /24 of it", default: "10.244.0.0/16" },
  { name: "controllers", value: "NAME,…", description: "run only these (an unknown name lists them; default: all)" },
  { name: "node-monitor-grace-period", value: "DURATION", description: "a Node whose Lease is not renewed for so long is NotReady", default: "40s" },
] as const satisfies readonly OptionSpec[];

const kubeconfigOption = { name: "kubeconfig", value: "FILE", description: "kubeconfig with the API server's address and a client certificate", required: true } as const satisfies OptionSpec;

const schedulerConfigOption = { name: "scheduler-config", value: "FILE", description: "profiles, weights and limits of the scheduler, a SchedulerConfiguration (default: built in)" } as const satisfies OptionSpec;

export const serverOptions = [...apiserverOptions, ...controllersOptions, schedulerConfigOption] as const;
export const componentOptions = [kubeconfigOption, ...logOptions] as const;
export const schedulerOptions = [...componentOptions, schedulerConfigOption] as const;
export const controllersProcessOptions = [
  ...componentOptions,
  ...controllersOptions,
  { name: "cluster-signing-cert-file", value: "FILE", description: "CA certificate that approved certificate requests are signed by (without it nobody signs them here)" },
  { name: "cluster-signing-key-file", value: "FILE", description: "key of that certificate" },
] as const;

export const agentOptions = [
  kubeconfigOption,
  { name: "node-name", value: "NAME", description: "name of the Node that this agent registers", required: true },
  dataDirOption as typeof dataDirOption & { name: "data-dir" },
  { name: "cri-endpoint", value: "unix://PATH", description: "socket of the container runtime", default: "unix:///run/berth/shim.sock" },
  { name: "node-ip", value: "IP", description: "the Node's InternalIP, where the API server reaches this agent (default: the address of the default route)" },
  { name: "port", value: "PORT", description: "port of the agent's HTTPS server", default: "10250" },
  { name: "cgroup-root", value: "PATH", description: "cgroup below which pods live", default: "/berth" },
  { name: "max-pods", value: "N", description: "most pods on this node", default: "110" },
  { name: "node-labels", value: "K=V,…", description: "further labels for the Node" },
  ...logOptions,
] as const satisfies readonly OptionSpec[];

export const shimOptions = [
  { name: "listen", value: "unix://PATH", description: "socket on which CRI v1 is served", default: "unix:///run/berth/shim.sock" },
  dataDirOption as typeof dataDirOption & { name: "data-dir" },
  { name: "run-dir", value: "DIR", description: "folder of what does not outlive a reboot (default: beside the socket)" },
  { name: "cni-conf-dir", value: "DIR", description: "CNI configurations; where it has none the shim makes its own bridge network", default: "/etc/cni/net.d" },
  { name: "cni-bin-dir", value: "DIR", description: "CNI plugins", default: "/usr/lib/cni" },
  { name: "bridge", value: "NAME", description: "name of the shim's own bridge", default: "berth0" },
  { name: "remove-all", description: "stop and remove every container, sandbox and network of the data folder, then end; images stay" },
  { name: "runtime", value: "PATH", description: "OCI runtime: crun, runc or a path (default: crun where it works here, else runc)" },
  ...logOptions,
] as const satisfies readonly OptionSpec[];

/** `berth server|apiserver|scheduler|controllers|agent|shim`: the processes, each documented by its options. */
export function registerProcesses(program: Command): void {
  const group = "Processes:";
  addOptions(program.command("server").helpGroup(group).description("API server, scheduler and controllers in one process"), serverOptions).action(async (parsed) => {
    const { runServer } = await import("../processes/server.ts");
    await runServer(readOptions(serverOptions, parsed, process.env));
  });
  addOptions(program.command("apiserver").helpGroup(group).description("the API server alone"), apiserverOptions).action(async (parsed) => {
    const { runApiserver } = await import("../processes/apiserver.ts");
    await runApiserver(readOptions(apiserverOptions, parsed, process.env));
  });
  addOptions(program.command("scheduler").helpGroup(group).description("the scheduler alone"), schedulerOptions).action(async (parsed) => {
    const { runScheduler } = await import("../processes/scheduler.ts");
    await runScheduler(readOptions(schedulerOptions, parsed, process.env));
  });
  addOptions(program.command("controllers").helpGroup(group).description("the controllers alone"), controllersProcessOptions).action(async (parsed) => {
    const { runControllers } = await import("../processes/controllers.ts");
    await runControllers(readOptions(controllersProcessOptions, parsed, process.env));
  });
  addOptions(program.command("agent").helpGroup(group).description("the node agent: runs the pods of one Node"), agentOptions).action(async (parsed) => {
    const { runAgent } = await import("../processes/agent.ts");
    await runAgent(readOptions(agentOptions, parsed, process.env));
  });
  addOptions(program.command("shim").helpGroup(group).description("the container runtime: serves CRI v1 on a unix socket"), shimOptions).action(async (parsed) => {
    const { runShim } = await import("../processes/shim.ts");
    await runShim(readOptions(shimOptions, parsed, process.env));
  });
}
