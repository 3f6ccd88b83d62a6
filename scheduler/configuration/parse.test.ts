import { readFile } from "node:fs/promises";
import test, { type ExecutionContext } from "ava";
import { defaultConfiguration, spreadingProfile } from "./configuration.ts";
import { ConfigurationError, parseConfiguration } from "./parse.ts";

const HEAD = "apiVersion: berth.dev/v1\nkind: SchedulerConfiguration\n";

function errorsOf(t: ExecutionContext, text: string): string[] {
  const error = t.throws(() => parseConfiguration(text), { instanceOf: ConfigurationError });
  return error?.message.split("\n") ?? [];
}

test("what a file leaves out has its default", (t) => {
  t.deepEqual(parseConfiguration(HEAD), defaultConfiguration);
});

test("the example is valid and says what it means", async (t) => {
  const configuration = parseConfiguration(await readFile(new URL("../../manifests/examples/scheduler.yaml", import.meta.url), "utf8"));
  const { profiles, ...rest } = configuration;
  const { profiles: _, ...defaults } = defaultConfiguration;
  t.deepEqual(rest, defaults, "it shows the defaults");
  t.deepEqual(profiles[0], defaultConfiguration.profiles[0]);
  t.deepEqual(profiles[1], {
    schedulerName: "spreading-scheduler",
    disabledFilters: ["VolumeZone"],
    scoreWeights: { ...spreadingProfile.scoreWeights, NodeResourcesBalancedAllocation: 0, ImageLocality: 3, MostAllocated: 0 },
    hardPodAffinityWeight: 1,
    defaultSpread: { constraints: [{ topologyKey: "topology.kubernetes.io/zone", maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway" }], lenient: false },
  });
});

test("each mistake is named by the path of its field", (t) => {
  const text = `${HEAD}
podInitialBackoffSeconds: 20
podMaxBackoffSeconds: 5
percentageOfNodesToScore: 0
parallelism: 16
deviceResources: [gpu, nvidia.com/gpu, nvidia.com/gpu]
profiles:
  - schedulerName: a
    preset: dense
    plugins:
      preFilter: {}
      filter: { disabled: [{ name: NodePorts }, { name: Nonsense }] }
      score: { enabled: [{ name: Packing, weight: 1000 }, { name: Packing }] }
    pluginConfig:
      - { name: PodTopologySpread, args: { defaultingType: List, defaultConstraints: [{ topologyKey: zone, whenUnsatisfiable: Never }] } }
      - { name: Coscheduling, args: {} }
  - schedulerName: a
`;
  t.deepEqual(errorsOf(t, text).sort(), [
    'deviceResources[0]: Invalid value: "gpu": must be the name of an extended resource, such as nvidia.com/gpu',
    'deviceResources[2]: Duplicate value: "nvidia.com/gpu"',
    "parallelism: Invalid value: 16: there is no such field here; there are apiVersion, kind, podInitialBackoffSeconds, podMaxBackoffSeconds, profiles, deviceResources, percentageOfNodesToScore, maxBindsInFlight, unschedulableTimeoutSeconds",
    "percentageOfNodesToScore: Invalid value: 0: must be an integer from 1 to 100",
    "podMaxBackoffSeconds: Invalid value: 5: must not be less than podInitialBackoffSeconds",
    'profiles[0].pluginConfig[0].args.defaultConstraints[0].maxSkew: Required value',
    'profiles[0].pluginConfig[0].args.defaultConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"',
    'profiles[0].pluginConfig[1].name: Unsupported value: "Coscheduling": supported values: "InterPodAffinity", "NodeResourcesFit", "PodTopologySpread"',
    "profiles[0].plugins.filter.disabled[0].name: Forbidden: NodePorts cannot be turned off: the API server refuses bindings that do not keep to it",
    'profiles[0].plugins.filter.disabled[1].name: Unsupported value: "Nonsense": supported values: "Devices", "InterPodAffinity", "NodeAffinity", "NodeName", "NodePorts", "NodeResourcesFit", "NodeUnschedulable", "NodeVolumeLimits", "PodTopologySpread", "TaintToleration", "UnsupportedFields", "VolumeBinding", "VolumeRestrictions", "VolumeZone"',
    "profiles[0].plugins.preFilter: Invalid value: {}: there is no such field here; there are filter, score",
    "profiles[0].plugins.score.enabled[0].weight: Invalid value: 1000: must be an integer from 1 to 100",
    'profiles[0].plugins.score.enabled[1].name: Duplicate value: "Packing"',
    'profiles[0].preset: Unsupported value: "dense": supported values: "packing", "spreading"',
    'profiles[1].schedulerName: Duplicate value: "a"',
  ]);
});

test("text that is no such file says so", (t) => {
  t.deepEqual(errorsOf(t, ""), ["the file: Invalid value: null: must be an object", "apiVersion: Required value", "kind: Required value"]);
  t.regex(errorsOf(t, "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration")[0]!, /^apiVersion: Unsupported value: "kubescheduler.config.k8s.io\/v1": supported values: "berth.dev\/v1"$/);
  t.regex(errorsOf(t, "a: [")[0]!, /^yaml: /);
  t.regex(errorsOf(t, `${HEAD}kind: Other`)[0]!, /already set/);
  t.deepEqual(errorsOf(t, `${HEAD}profiles: []`), ["profiles: Required value: at least one profile is needed"]);
  t.deepEqual(errorsOf(t, `${HEAD}profiles: [null]`), ["profiles[0]: Invalid value: null: must be an object", "profiles[0].schedulerName: Required value"]);
});
