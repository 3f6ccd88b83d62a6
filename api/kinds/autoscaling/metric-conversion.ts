import { parseJson } from "../../codec/parse-json.ts";
import type { HorizontalPodAutoscaler } from "../../wire.ts";

type Spec = NonNullable<HorizontalPodAutoscaler["spec"]>;
export type Metric = NonNullable<Spec["metrics"]>[number];
export type MetricStatus = NonNullable<NonNullable<HorizontalPodAutoscaler["status"]>["currentMetrics"]>[number];
type Old = { [field: string]: unknown };
type Amounts = { value?: string; averageValue?: string; averageUtilization?: number };

/** The given fields that have a value, in their order. */
function present(fields: { [field: string]: unknown }): Old {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A metric as autoscaling/v1 writes it in its annotation. */
export function oldMetric(metric: Metric): Old {
  const { type, object, pods, external } = metric;
  const resource = metric.resource ?? metric.containerResource;
  if (object) {
    const { target, metric: identity, describedObject } = object;
    return { type, object: present({ target: describedObject, metricName: identity.name, targetValue: target.value ?? "0", selector: identity.selector, averageValue: target.averageValue }) };
  }
  if (pods) return { type, pods: present({ metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? "0", selector: pods.metric.selector }) };
  if (external) {
    const { metric: identity, target } = external;
    return { type, external: present({ metricName: identity.name, metricSelector: identity.selector, targetValue: target.value, targetAverageValue: target.averageValue }) };
  }
  if (!resource) return { type };
  const { averageUtilization, averageValue } = resource.target;
  const form = present({ name: resource.name, targetAverageUtilization: averageUtilization, targetAverageValue: averageValue, container: metric.containerResource?.container });
  return { type, [metric.containerResource ? "containerResource" : "resource"]: form };
}

/** The same for what was measured. */
export function oldStatus(status: MetricStatus): Old {
  const { type, object, pods, external } = status;
  const resource = status.resource ?? status.containerResource;
  if (object) {
    const { current, metric: identity, describedObject } = object;
    return { type, object: present({ target: describedObject, metricName: identity.name, currentValue: current.value ?? "0", selector: identity.selector, averageValue: current.averageValue }) };
  }
  if (pods) return { type, pods: present({ metricName: pods.metric.name, currentAverageValue: pods.current.averageValue ?? "0", selector: pods.metric.selector }) };
  if (external) {
    const { metric: identity, current } = external;
    return { type, external: present({ metricName: identity.name, metricSelector: identity.selector, currentValue: current.value ?? "0", currentAverageValue: current.averageValue }) };
  }
  if (!resource) return { type };
  const { averageUtilization, averageValue } = resource.current;
  const form = present({ name: resource.name, currentAverageUtilization: averageUtilization, currentAverageValue: averageValue ?? "0", container: status.containerResource?.container });
  return { type, [status.containerResource ? "containerResource" : "resource"]: form };
}

function typed(amounts: Amounts): Old {
  const type = amounts.averageUtilization !== undefined ? "Utilization" : amounts.averageValue !== undefined ? "AverageValue" : "Value";
  return { type, ...present({ ...amounts }) };
}

/** What autoscaling/v1 wrote in its annotation; undefined for what is no metric. `status`: what was measured. */
function newForm(old: Old, status: boolean): Old | undefined {
  const prefix = status ? "current" : "target";
  const key = status ? "current" : "target";
  const amounts = (found: Amounts) => (status ? present({ ...found }) : typed(found));
  const field = ["object", "pods", "external", "resource", "containerResource"].find((name) => typeof old[name] === "object" && old[name] !== null);
  if (field === undefined) return typeof old["type"] === "string" ? { type: old["type"] } : undefined;
  const form = old[field] as { [name: string]: string & number };
  const value = form[`${prefix}Value`];
  const given = form[`${prefix}AverageValue`];
  // The older form always has an amount, also where only the percentage was measured.
  const average = status && given === "0" && form["currentAverageUtilization"] !== undefined ? undefined : given;
  const metric = present({ name: form["metricName"], selector: form[field === "external" ? "metricSelector" : "selector"] });
  switch (field) {
    case "object":
      return { type: old["type"], object: { describedObject: form["target"], metric, [key]: amounts(form["averageValue"] === undefined ? present({ value }) : { averageValue: form["averageValue"] }) } };
    case "pods":
      return { type: old["type"], pods: { metric, [key]: amounts(present({ averageValue: average })) } };
    case "external":
      return { type: old["type"], external: { metric, [key]: amounts(present({ value, averageValue: average })) } };
    default:
      return {
        type: old["type"],
        [field]: { ...present({ name: form["name"], container: form["container"] }), [key]: amounts(present({ averageUtilization: form[`${prefix}AverageUtilization`], averageValue: average })) },
      };
  }
}

/** A list of metrics in an annotation, or undefined when it is no such list. */
export function readMetrics(text: string, status: boolean): unknown[] | undefined {
  const list = readJson(text);
  if (!Array.isArray(list)) return undefined;
  return list.flatMap((item) => (typeof item === "object" && item !== null ? (newForm(item as Old, status) ?? []) : []));
}

/** A client wrote it: anything may be in it. */
export function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
