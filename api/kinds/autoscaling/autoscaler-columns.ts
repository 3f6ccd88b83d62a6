import type { HorizontalPodAutoscaler } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn, UNSET } from "../columns.ts";
import type { Column } from "../kind.ts";
import type { Metric, MetricStatus } from "./metric-conversion.ts";

const METRICS_SHOWN = 2;
const UNKNOWN = "<unknown>";

/** The cells are those of autoscaling/v2; `of` makes such an object of one of another version. */
export function autoscalerColumns<T extends { apiVersion: string; kind: string; metadata: HorizontalPodAutoscaler["metadata"] }>(of: (object: T) => HorizontalPodAutoscaler): readonly Column<T & { [field: string]: unknown }>[] {
  const target = (object: T) => of(object).spec?.scaleTargetRef;
  return [
    nameColumn,
    column("Reference", "What it scales.", (object) => `${target(object)?.kind ?? ""}/${target(object)?.name ?? ""}`),
    column("Targets", "Measured and wanted metrics.", (object) => metricsText(of(object))),
    column("MinPods", "Fewest pods.", (object) => String(of(object).spec?.minReplicas ?? UNSET)),
    column("MaxPods", "Most pods.", (object) => of(object).spec?.maxReplicas ?? 0),
    column("Replicas", "Pods now.", (object) => of(object).status?.currentReplicas ?? 0),
    ageColumn,
  ];
}

function metricsText(autoscaler: HorizontalPodAutoscaler): string {
  const metrics = autoscaler.spec?.metrics ?? [];
  if (metrics.length === 0) return NONE;
  const texts = metrics.map((metric, i) => metricText(metric, autoscaler.status?.currentMetrics?.[i]));
  const shown = texts.slice(0, METRICS_SHOWN).join(", ");
  return texts.length > METRICS_SHOWN ? `${shown} + ${texts.length - METRICS_SHOWN} more...` : shown;
}

function metricText(metric: Metric, status: MetricStatus | undefined): string {
  const field = ({ External: "external", Pods: "pods", Object: "object", Resource: "resource", ContainerResource: "containerResource" } as const)[metric.type];
  const target = field === undefined ? undefined : metric[field]?.target;
  if (field === undefined || !target) return "<unknown type>";
  const current = status?.[field]?.current;
  const average = `${current?.averageValue ?? UNKNOWN}/${target.averageValue ?? "0"}`;
  if (field === "pods") return average;
  if (field === "external" || field === "object") return target.averageValue === undefined ? `${current?.value ?? UNKNOWN}/${target.value ?? "0"}` : `${average} (avg)`;
  const name = metric[field]?.name ?? "";
  if (target.averageValue !== undefined) return `${name}: ${average}`;
  const percent = (value: number | undefined, unset: string) => (value === undefined ? unset : `${value}%`);
  return `${name}: ${percent(current?.averageUtilization, UNKNOWN)}/${percent(target.averageUtilization, "<auto>")}`;
}
