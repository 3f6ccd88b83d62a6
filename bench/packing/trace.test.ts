import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { arrivals, inRandomOrder, listsIn, readTrace, type TracePod } from "./trace.ts";

const NODES = "sn,cpu_milli,memory_mib,gpu,model\r\nn-1,8000,1024,2,T4\r\nn-0,4000,1024,0,\r\n";

/** The pods of one list file, read beside two nodes. */
function podsOf(text: string, nodes = NODES): readonly TracePod[] {
  const dir = mkdtempSync(join(tmpdir(), "berth-trace-"));
  try {
    writeFileSync(join(dir, "openb_node_list_gpu_node.csv"), nodes);
    writeFileSync(join(dir, "openb_pod_list_some.csv"), text);
    return readTrace(dir, listsIn(dir)).lists.get("some")!;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const none = { cpu_milli: 0, memory_mib: 0, devices: 0, milli: 0, models: [] };

test("whole devices, a share of one, no devices; models; columns in any order, in quotes, with CRLF", (t) => {
  const text = 'num_gpu,"gpu_milli",name,gpu_spec,cpu_milli,memory_mib\r\n2,1000,a,"T4|P100",4000,512\r\n1,460,b,,"1000",\r\n0,0,c,,500,64\r\n4,300,d,T4|,1.5e3,64.0\r\n';
  t.deepEqual(podsOf(text), [
    { cpu_milli: 4000, memory_mib: 512, devices: 2, milli: 1000, models: ["T4", "P100"] },
    { cpu_milli: 1000, memory_mib: 0, devices: 1, milli: 460, models: [] },
    { cpu_milli: 500, memory_mib: 64, devices: 0, milli: 0, models: [] },
    { cpu_milli: 1500, memory_mib: 64, devices: 1, milli: 300, models: ["T4"] },
  ]);
});

test("missing columns are empty: no memory, no models, whole devices where no share is told", (t) => {
  t.deepEqual(podsOf("name,num_gpu\na,2\nb,0\nc,\n"), [{ ...none, devices: 2, milli: 1000 }, none, none]);
  t.deepEqual(podsOf("name\na\n"), [none]);
  t.deepEqual(podsOf(""), []);
});

test("what is no amount is an error that names file, line and column; so is a list that is not there", (t) => {
  t.throws(() => podsOf("name,cpu_milli\na,1\nb,lots\n"), { message: /openb_pod_list_some\.csv, line 3: cpu_milli is "lots"/ });
  t.throws(() => podsOf("name,num_gpu\na,-1\n"), { message: /line 2: num_gpu/ });
  t.throws(() => readTrace(tmpdir(), ["other"]), { message: /has no openb_pod_list_other\.csv/ });
});

test("arrivals: the whole list in random order first, then draws until the devices are asked for; a list without devices once", (t) => {
  const pods = podsOf("name,num_gpu,gpu_milli,cpu_milli\na,1,500,1\nb,1,250,2\nc,0,0,3\n");
  const arriving = arrivals(pods, 2, 1, 1.3);
  t.deepEqual(arriving.slice(0, 3).sort((a, b) => a.cpu_milli - b.cpu_milli), [...pods]);
  const asked = arriving.reduce((sum, pod) => sum + pod.devices * pod.milli, 0);
  t.true(asked >= 2600 && asked < 3100, String(asked));
  t.deepEqual(arrivals(pods, 2, 1, 1.3), arriving);
  t.is(arrivals(pods.slice(2), 2, 1, 1.3).length, 1);
  t.deepEqual(arrivals([], 2, 1, 1.3), []);
});

test("node order is another one for each seed and the same for the same", (t) => {
  const nodes = Array.from({ length: 50 }, (_, i) => ({ name: `n-${i}`, cpu_milli: 1, memory_mib: 1, devices: 1, model: "" }));
  t.deepEqual(inRandomOrder(nodes, 1), inRandomOrder(nodes, 1));
  t.notDeepEqual(inRandomOrder(nodes, 1), inRandomOrder(nodes, 2));
  t.deepEqual(inRandomOrder(nodes, 1).map(({ name }) => name).sort(), nodes.map(({ name }) => name).sort());
});
