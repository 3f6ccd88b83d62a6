import { readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../lib/random.ts";

export interface TraceNode {
  readonly name: string;
  readonly cpu_milli: number;
  readonly memory_mib: number;
  readonly devices: number;
  readonly model: string;
}

export interface TracePod {
  readonly cpu_milli: number;
  readonly memory_mib: number;
  readonly devices: number;
  /** Of each device, thousandths; 0 without devices. */
  readonly milli: number;
  /** Models that will do; empty: any. */
  readonly models: readonly string[];
}

export interface Trace {
  readonly nodes: readonly TraceNode[];
  /** List name → pods. */
  readonly lists: ReadonlyMap<string, readonly TracePod[]>;
}

/** Rows of a CSV file by column name; a column that is not there reads as "". */
function readCsv(path: string): ((column: string) => string)[] {
  const [header = "", ...lines] = readFileSync(path, "utf8").trim().split(/\r?\n/);
  const columns = new Map(header.split(",").map((name, i) => [name.trim(), i]));
  return lines.map((line) => {
    const cells = line.split(",");
    return (column) => cells[columns.get(column) ?? -1] ?? "";
  });
}

/** @throws Error when a file is not there */
export function readTrace(dir: string, lists: readonly string[]): Trace {
  const nodes = readCsv(join(dir, "openb_node_list_gpu_node.csv")).map((cell) => ({
    name: cell("sn"),
    cpu_milli: Number(cell("cpu_milli")),
    memory_mib: Number(cell("memory_mib")),
    devices: Number(cell("gpu")),
    model: cell("model"),
  }));
  const podsOf = (list: string) =>
    readCsv(join(dir, `openb_pod_list_${list}.csv`)).map((cell) => ({
      cpu_milli: Number(cell("cpu_milli")),
      memory_mib: Number(cell("memory_mib")),
      devices: Number(cell("num_gpu")),
      milli: Number(cell("num_gpu")) === 0 ? 0 : Number(cell("gpu_milli")),
      models: cell("gpu_spec").split("|").filter(Boolean),
    }));
  return { nodes: nodes.sort((a, b) => (a.name < b.name ? -1 : 1)), lists: new Map(lists.map((list) => [list, podsOf(list)])) };
}

/** A trace of the project's own making, for runs without one: 60 nodes of two kinds, pods of shares and whole devices. */
export function ownTrace(): Trace {
  const random = seededRandom(7);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random.next() * values.length)]!;
  const nodes = Array.from({ length: 60 }, (_, i) => {
    const big = i % 2 === 0;
    return { name: `own-node-${String(i).padStart(4, "0")}`, cpu_milli: big ? 96_000 : 32_000, memory_mib: big ? 393_216 : 131_072, devices: big ? 8 : 4, model: big ? "L8" : "S4" };
  });
  const pods = Array.from({ length: 600 }, () => {
    const [devices, milli] = pick([[0, 0], [1, 1000], [1, 1000], [1, 500], [1, 300], [1, 700], [1, 250], [2, 1000], [8, 1000]] as const);
    const cpu_milli = pick([2000, 4000, 8000, 12_000]) * Math.max(1, devices / 2);
    return { cpu_milli, memory_mib: cpu_milli * pick([2, 4, 6]), devices, milli, models: random.next() < 0.1 && devices < 8 ? [pick(["L8", "S4"])] : [] };
  });
  return { nodes, lists: new Map([["own", pods]]) };
}

export function devicesOf(trace: Trace): number {
  return trace.nodes.reduce((sum, node) => sum + node.devices, 0);
}

/** The paper's arrivals: the list shuffled, then pods drawn from it until they ask for `factor` times the cluster's devices. */
export function arrivals(pods: readonly TracePod[], devices: number, seed: number, factor: number): TracePod[] {
  const random = seededRandom(seed);
  const shuffled = [...pods];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  const arriving: TracePod[] = [];
  let asked_milli = 0;
  for (let i = 0; asked_milli < factor * devices * 1000; i++) {
    const pod = shuffled[i] ?? pods[Math.floor(random.next() * pods.length)]!;
    arriving.push(pod);
    asked_milli += pod.devices * pod.milli;
  }
  return arriving;
}
