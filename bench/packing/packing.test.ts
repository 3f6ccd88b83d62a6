import test from "ava";
import { seededRandom } from "../../lib/random.ts";
import { bestFitPlacer, dotProductPlacer, fragmentationPlacer } from "./baselines.ts";
import { schedulerPlacer } from "./scheduler-policy.ts";
import { arrivals, devicesOf, ownTrace } from "./trace.ts";
import { upperBound } from "./upper-bound.ts";
import { DISTRIBUTIONS, lowerBound, VECTOR_BASELINES } from "./vectors.ts";
import { vectorScheduler } from "./vector-scheduler.ts";

const share = (milli: number) => ({ cpu_milli: 0, memory_mib: 0, devices: 1, milli, models: [] });

test("the upper bound is what devices can take at best", (t) => {
  const about = (value: number, expected: number) => t.true(Math.abs(value - expected) < 0.5, `${value} is not about ${expected}`);
  about(upperBound(Array.from({ length: 20 }, () => share(600)), 10), 60);
  about(upperBound([...Array.from({ length: 20 }, () => share(600)), ...Array.from({ length: 5 }, () => share(300))], 10), 75);
  about(upperBound(Array.from({ length: 3 }, () => share(500)), 10), 15);
});

test("no policy gets past the bound, and the scheduler packs the own trace tighter than best fit", (t) => {
  const trace = ownTrace();
  const devices = devicesOf(trace);
  const pods = trace.lists.get("own")!;
  const arriving = arrivals(pods, devices, 1, 1.3);
  const allocation = (placer: { offer(pod: (typeof arriving)[number]): boolean }) => arriving.reduce((sum, pod) => sum + (placer.offer(pod) ? pod.devices * pod.milli : 0), 0) / devices / 10;
  const berth = allocation(schedulerPlacer(trace.nodes));
  const bestFit = allocation(bestFitPlacer(trace.nodes));
  const fragmentation = allocation(fragmentationPlacer(trace.nodes, pods));
  t.true(berth >= bestFit, `${berth} and ${bestFit}`);
  t.true(Math.max(berth, bestFit, fragmentation) <= upperBound(arriving, devices) + 1e-9);
});

test("CPU and memory: the scheduler needs no more nodes than first fit, and none less than the bound", (t) => {
  const random = seededRandom(3);
  const pods = Array.from({ length: 600 }, () => DISTRIBUTIONS["anti-correlated"]!(random));
  const berth = vectorScheduler(200);
  const firstFit = VECTOR_BASELINES["first-fit"]!();
  for (const [i, pod] of pods.entries()) for (const placer of [berth, firstFit]) placer.place(pod, `pod-${i}`);
  t.true(berth.nodesInUse <= firstFit.nodesInUse, `${berth.nodesInUse} and ${firstFit.nodesInUse}`);
  t.true(berth.nodesInUse >= lowerBound(pods));
  for (const i of pods.keys()) berth.remove(`pod-${i}`);
  t.is(berth.nodesInUse, 0);
});

test("CPU and memory with departures: the scheduler keeps fewer nodes in use than first fit", (t) => {
  const placers = [vectorScheduler(120), VECTOR_BASELINES["first-fit"]!()];
  const used = placers.map((placer) => {
    const random = seededRandom(5);
    const living = Array.from({ length: 300 }, (_, i) => `pod-${i}`);
    for (const name of living) placer.place(DISTRIBUTIONS.uniform!(random), name);
    let sum = 0;
    for (let step = 0; step < 1500; step++) {
      const at = Math.floor(random.next() * living.length);
      placer.remove(living[at]!);
      living[at] = `pod-${living.length + step}`;
      placer.place(DISTRIBUTIONS.uniform!(random), living[at]);
      sum += placer.nodesInUse;
    }
    return sum / 1500;
  });
  t.true(used[0]! < used[1]!, used.join());
});

test("baselines: equal nodes go by their order, a score that is remembered follows the node", (t) => {
  const nodes = ["a", "b"].map((name) => ({ name, cpu_milli: 8000, memory_mib: 1024, devices: 1, model: "" }));
  for (const placer of [bestFitPlacer(nodes), dotProductPlacer(nodes), fragmentationPlacer(nodes, [share(600), share(400)])]) {
    const placed = [600, 400, 600, 400, 400].map((milli) => placer.offer(share(milli)));
    t.deepEqual(placed, [true, true, true, true, false]);
  }
});
