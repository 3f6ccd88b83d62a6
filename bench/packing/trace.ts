import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Random, seededRandom } from "../../lib/random.ts";
import { type CsvRow, parseCsv } from "./csv.ts";

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

const NODES_FILE = "openb_node_list_gpu_node.csv";
const LIST_FILE = /^openb_pod_list_(.+)\.csv$/;
const WHOLE = 1000;

function readCsv<T>(path: string, read: (row: CsvRow) => T): T[] {
  const rows = parseCsv(readFileSync(path, "utf8"));
  return rows.map((row) => {
    try {
      return read(row);
    } catch (error) {
      throw new Error(`${path}, line ${row.line}: ${(error as Error).message}`);
    }
  });
}

/** An amount; `absent` where the cell is empty. */
function amount(row: CsvRow, column: string, absent = 0): number {
  const text = row.cell(column);
  if (text === "" || text.toLowerCase() === "nan") return absent;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`${column} is ${JSON.stringify(text)}, not an amount`);
  return value;
}

function nodeOf(row: CsvRow): TraceNode {
  const name = row.cell("sn") || `node-${row.line}`;
  return { name, cpu_milli: amount(row, "cpu_milli"), memory_mib: amount(row, "memory_mib"), devices: Math.floor(amount(row, "gpu")), model: row.cell("model") };
}

/** Less than a whole device is a share of one, however many the row says. Without a share (gpu_milli empty) the devices are whole. */
function podOf(row: CsvRow): TracePod {
  const count = Math.floor(amount(row, "num_gpu"));
  const milli = count === 0 ? 0 : Math.min(WHOLE, amount(row, "gpu_milli", WHOLE));
  const devices = milli === 0 ? 0 : milli < WHOLE ? 1 : count;
  const models = row.cell("gpu_spec").split("|").map((model) => model.trim()).filter(Boolean);
  return { cpu_milli: amount(row, "cpu_milli"), memory_mib: amount(row, "memory_mib"), devices, milli, models };
}

/** The lists in a trace's folder, by name. */
export function listsIn(dir: string): string[] {
  return readdirSync(dir).flatMap((file) => LIST_FILE.exec(file)?.[1] ?? []).sort();
}

/** Nodes in order of name. @throws Error when a file is not there or makes no sense, saying where */
export function readTrace(dir: string, lists: readonly string[]): Trace {
  const known = listsIn(dir);
  for (const list of lists) if (!known.includes(list)) throw new Error(`${dir} has no openb_pod_list_${list}.csv; its lists are: ${known.join(", ") || "none"}`);
  const nodes = readCsv(join(dir, NODES_FILE), nodeOf);
  const podsOf = (list: string) => readCsv(join(dir, `openb_pod_list_${list}.csv`), podOf);
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

function shuffle<T>(values: readonly T[], random: Random): T[] {
  const shuffled = [...values];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}

/** The paper's simulator gives nodes names at random in each run, and the first name wins among nodes that score alike. */
export function inRandomOrder(nodes: readonly TraceNode[], seed: number): TraceNode[] {
  return shuffle(nodes, seededRandom(seed + 2000));
}

/** The paper's arrivals: the list shuffled, then pods drawn from it until they ask for `factor` times the cluster's devices. */
export function arrivals(pods: readonly TracePod[], devices: number, seed: number, factor: number): TracePod[] {
  const random = seededRandom(seed);
  const shuffled = shuffle(pods, random);
  const arriving: TracePod[] = [];
  if (!pods.some((pod) => pod.devices > 0)) return shuffled;
  let asked_milli = 0;
  for (let i = 0; asked_milli < factor * devices * 1000; i++) {
    const pod = shuffled[i] ?? pods[Math.floor(random.next() * pods.length)]!;
    arriving.push(pod);
    asked_milli += pod.devices * pod.milli;
  }
  return arriving;
}
