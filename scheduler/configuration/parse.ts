import { parseYamlStrictly, YamlError } from "../../api/codec/yaml.ts";
import { duplicate, type FieldError, fieldErrorText, forbidden, invalid, required } from "../../api/status/field-error.ts";
import { type DefaultConstraint, type DefaultSpread, SYSTEM_SPREAD } from "../relations/default-spread.ts";
import { defaultConfiguration, defaultProfile, type SchedulerConfiguration, type SchedulerProfile, spreadingProfile } from "./configuration.ts";
import { ObjectReader } from "./reader.ts";

const API_VERSION = "berth.dev/v1";
const KIND = "SchedulerConfiguration";

/** Filters that may be turned off. The API server refuses a binding that a node has no room for, so those about room are always on. */
const OPTIONAL_FILTERS = ["NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone", "PodTopologySpread", "InterPodAffinity"];
const ROOM_FILTERS = ["NodeResourcesFit", "NodePorts", "Devices", "UnsupportedFields"];
const SCORES = ["Packing", "MostAllocated", "LeastAllocated", "NodeResourcesBalancedAllocation", "ImageLocality", "TaintToleration", "NodeAffinity", "PodTopologySpread", "InterPodAffinity"];
const MAX_WEIGHT = 100;
const PRESETS: Readonly<Record<string, SchedulerProfile>> = { packing: defaultProfile, spreading: spreadingProfile };
/** scoringStrategy.type of kube-scheduler's NodeResourcesFit → the score here. */
const STRATEGIES = ["Packing", "MostAllocated", "LeastAllocated"];
const RESOURCE_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** The file is wrong; the message names each field by its path. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** The configuration in a YAML (or JSON) text; what it leaves out has its default. @throws ConfigurationError */
export function parseConfiguration(text: string): SchedulerConfiguration {
  const errors: FieldError[] = [];
  const root = new ObjectReader(documentOf(text), undefined, errors);
  root.requiredText("apiVersion", [API_VERSION]);
  root.requiredText("kind", [KIND]);
  const defaults = defaultConfiguration;
  const initial_ms = root.integer("podInitialBackoffSeconds", { min: 1, max: 3_600 }, defaults.podInitialBackoff_ms / 1000) * 1000;
  const max_ms = root.integer("podMaxBackoffSeconds", { min: 1, max: 3_600 }, Math.max(initial_ms, defaults.podMaxBackoff_ms) / 1000) * 1000;
  if (max_ms < initial_ms) errors.push(invalid("podMaxBackoffSeconds", max_ms / 1000, "must not be less than podInitialBackoffSeconds"));
  const configuration = {
    profiles: profilesOf(root, errors),
    deviceResources: deviceResourcesOf(root, errors),
    percentageOfNodesToScore: root.integer("percentageOfNodesToScore", { min: 1, max: 100 }, defaults.percentageOfNodesToScore),
    maxBindsInFlight: root.integer("maxBindsInFlight", { min: 1, max: 10_000 }, defaults.maxBindsInFlight),
    podInitialBackoff_ms: initial_ms,
    podMaxBackoff_ms: max_ms,
    unschedulableTimeout_ms: root.integer("unschedulableTimeoutSeconds", { min: 1, max: 86_400 }, defaults.unschedulableTimeout_ms / 1000) * 1000,
  };
  root.end();
  if (errors.length > 0) throw new ConfigurationError(errors.map(fieldErrorText).join("\n"));
  return configuration;
}

function documentOf(text: string): unknown {
  try {
    const { value, duplicates } = parseYamlStrictly(text);
    if (duplicates.length > 0) throw new ConfigurationError(duplicates.join("\n"));
    return value ?? null;
  } catch (error) {
    if (error instanceof YamlError) throw new ConfigurationError(error.message);
    throw error;
  }
}

function deviceResourcesOf(root: ObjectReader, errors: FieldError[]): readonly string[] {
  const list = root.list("deviceResources");
  if (list === undefined) return defaultConfiguration.deviceResources;
  const names: string[] = [];
  for (const { value, path } of list) {
    if (typeof value !== "string" || !RESOURCE_NAME.test(value)) errors.push(invalid(path, value, "must be the name of an extended resource, such as nvidia.com/gpu"));
    else if (names.includes(value)) errors.push(duplicate(path, value));
    else names.push(value);
  }
  return names;
}

function profilesOf(root: ObjectReader, errors: FieldError[]): readonly SchedulerProfile[] {
  const list = root.objects("profiles");
  if (list === undefined) return defaultConfiguration.profiles;
  if (list.length === 0) errors.push(required(root.path("profiles"), "at least one profile is needed"));
  const names = new Set<string>();
  return list.map(({ reader, path }) => {
    const profile = profileOf(reader, errors);
    if (profile.schedulerName !== "" && names.has(profile.schedulerName)) errors.push(duplicate(path.child("schedulerName"), profile.schedulerName));
    names.add(profile.schedulerName);
    return profile;
  });
}

function profileOf(reader: ObjectReader, errors: FieldError[]): SchedulerProfile {
  const schedulerName = reader.requiredText("schedulerName");
  const preset = PRESETS[reader.text("preset", Object.keys(PRESETS)) ?? "packing"]!;
  const plugins = reader.object("plugins");
  const disabledFilters = disabledFiltersOf(plugins.object("filter"), errors);
  const weights = weightsOf(plugins.object("score"), preset, errors);
  plugins.end();
  const settings = pluginConfigOf(reader, preset, errors);
  reader.end();
  return { schedulerName, disabledFilters, scoreWeights: { ...weights, ...settings.strategy }, ...settings.rest };
}

function disabledFiltersOf(filter: ObjectReader, errors: FieldError[]): string[] {
  const names = (filter.objects("disabled") ?? []).map(({ reader, path }) => {
    const name = reader.requiredText("name", [...OPTIONAL_FILTERS, ...ROOM_FILTERS]);
    if (ROOM_FILTERS.includes(name)) errors.push(forbidden(path.child("name"), `${name} cannot be turned off: the API server refuses bindings that do not keep to it`));
    reader.end();
    return name;
  });
  filter.end();
  return names;
}

/** As kube-scheduler reads it: `disabled` takes rules out ("*": all of them), `enabled` puts them in with their weight. */
function weightsOf(score: ObjectReader, preset: SchedulerProfile, errors: FieldError[]): Record<string, number> {
  const weights: Record<string, number> = { ...preset.scoreWeights };
  for (const { reader } of score.objects("disabled") ?? []) {
    const name = reader.requiredText("name", [...SCORES, "*"]);
    for (const one of name === "*" ? SCORES : [name]) weights[one] = 0;
    reader.end();
  }
  const seen = new Set<string>();
  for (const { reader, path } of score.objects("enabled") ?? []) {
    const name = reader.requiredText("name", SCORES);
    if (seen.has(name)) errors.push(duplicate(path.child("name"), name));
    seen.add(name);
    weights[name] = reader.integer("weight", { min: 1, max: MAX_WEIGHT }, 1);
    reader.end();
  }
  score.end();
  delete weights[""];
  return weights;
}

interface PluginSettings {
  readonly strategy: Readonly<Record<string, number>>;
  readonly rest: { defaultSpread?: DefaultSpread; hardPodAffinityWeight?: number };
}

function pluginConfigOf(profile: ObjectReader, preset: SchedulerProfile, errors: FieldError[]): PluginSettings {
  const rest: PluginSettings["rest"] = preset.defaultSpread === undefined ? {} : { defaultSpread: preset.defaultSpread };
  let strategy: Record<string, number> = {};
  const seen = new Set<string>();
  for (const { reader, path } of profile.objects("pluginConfig") ?? []) {
    const name = reader.requiredText("name", ["NodeResourcesFit", "InterPodAffinity", "PodTopologySpread"]);
    if (seen.has(name)) errors.push(duplicate(path.child("name"), name));
    seen.add(name);
    const args = reader.object("args");
    if (name === "NodeResourcesFit") strategy = strategyOf(args);
    if (name === "InterPodAffinity") rest.hardPodAffinityWeight = args.integer("hardPodAffinityWeight", { min: 0, max: 100 }, 1);
    if (name === "PodTopologySpread") {
      const spread = spreadOf(args, errors);
      if (spread === undefined) delete rest.defaultSpread;
      else rest.defaultSpread = spread;
    }
    if (name !== "") args.end();
    reader.end();
  }
  return { strategy, rest };
}

function strategyOf(args: ObjectReader): Record<string, number> {
  const scoring = args.object("scoringStrategy");
  const type = scoring.text("type", STRATEGIES);
  scoring.end();
  return type === undefined ? {} : Object.fromEntries(STRATEGIES.map((name) => [name, name === type ? 1 : 0]));
}

/** As kube-scheduler's PodTopologySpreadArgs. Undefined: no constraints. */
function spreadOf(args: ObjectReader, errors: FieldError[]): DefaultSpread | undefined {
  const type = args.text("defaultingType", ["System", "List"]) ?? "System";
  const list = args.objects("defaultConstraints");
  if (type === "System") {
    if ((list?.length ?? 0) > 0) errors.push(invalid(args.path("defaultConstraints"), list!.length, "must be empty when defaultingType is System"));
    return SYSTEM_SPREAD;
  }
  const seen = new Set<string>();
  const constraints = (list ?? []).map(({ reader, path }): DefaultConstraint => {
    const topologyKey = reader.requiredText("topologyKey");
    const maxSkew = reader.integer("maxSkew", { min: 1, max: 2 ** 31 - 1 }, 0);
    if (maxSkew === 0 && !reader.has("maxSkew")) errors.push(required(path.child("maxSkew")));
    const whenUnsatisfiable = reader.requiredText("whenUnsatisfiable", ["DoNotSchedule", "ScheduleAnyway"]) as DefaultConstraint["whenUnsatisfiable"];
    if (reader.has("labelSelector")) errors.push(forbidden(path.child("labelSelector"), "it is made from the pod's services and owner"));
    const pair = `${topologyKey}, ${whenUnsatisfiable}`;
    if (seen.has(pair)) errors.push(duplicate(path, `{${pair}}`));
    seen.add(pair);
    reader.end();
    return { topologyKey, maxSkew, whenUnsatisfiable };
  });
  return constraints.length === 0 ? undefined : { constraints, lenient: false };
}
