import { goQuote } from "../../status/go-text.ts";
import type { Volume } from "../../wire.ts";

interface File {
  readonly path: string;
  /** What brings the file, where a volume has several sources. */
  readonly source: string;
}

type Items = readonly { path: string }[] | undefined;

/** Files of one volume that lie on or below one another: one of them will not be seen. */
export function overlappingPathWarnings(volumes: readonly Volume[]): string[] {
  const warnings: string[] = [];
  for (const volume of volumes) {
    const { configMap, secret, downwardAPI, projected } = volume;
    const add = (files: readonly File[], description: string) => {
      for (const text of overlaps(files)) warnings.push(`volume ${goQuote(volume.name)} (${description}): overlapping paths: ${text}`);
    };
    if (configMap?.items) add(filesOf(configMap.items, ""), `ConfigMap ${goQuote(configMap.name ?? "")}`);
    if (secret?.items) add(filesOf(secret.items, ""), `Secret ${goQuote(secret.secretName ?? "")}`);
    if (downwardAPI?.items) add(filesOf(downwardAPI.items, ""), "DownwardAPI");
    if (projected) projectedWarnings(volume.name, projected, warnings);
  }
  return warnings;
}

function projectedWarnings(name: string, projected: NonNullable<Volume["projected"]>, warnings: string[]): void {
  const seen: File[] = [];
  for (const source of projected.sources ?? []) {
    if (isEmpty(source)) {
      warnings.push(`volume ${goQuote(name)} (Projected) has no sources provided`);
      continue;
    }
    const files: File[] = [];
    if (source.configMap?.items) files.push(...filesOf(source.configMap.items, `ConfigMap ${goQuote(source.configMap.name ?? "")}`));
    else if (source.secret?.items) files.push(...filesOf(source.secret.items, `Secret ${goQuote(source.secret.name ?? "")}`));
    else if (source.downwardAPI?.items) files.push(...filesOf(source.downwardAPI.items, "DownwardAPI"));
    else if (source.serviceAccountToken) files.push({ path: source.serviceAccountToken.path, source: "ServiceAccountToken" });
    for (const text of overlaps(files, seen)) warnings.push(`volume ${goQuote(name)} (Projected): overlapping paths: ${text}`);
  }
}

function isEmpty(source: object): boolean {
  for (const name in source) if (source[name as keyof typeof source] !== undefined) return false;
  return true;
}

function filesOf(items: Items, source: string): File[] {
  return (items ?? []).map((item) => ({ path: item.path, source }));
}

/** Which of the files lie on or below others or those `seen` before, which they then join. */
function overlaps(files: readonly File[], seen: File[] = []): string[] {
  const texts: string[] = [];
  for (const { path, source } of files) {
    const file = { path: withoutTrailingSlashes(path ?? ""), source };
    for (const other of seen) if (file.path !== "" && other.path !== "" && overlap(file.path, other.path)) texts.push(`${fileText(file)} with ${fileText(other)}`);
    seen.push(file);
  }
  return texts;
}

function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 47) end--;
  return path.slice(0, end);
}

function overlap(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
}

function fileText(file: File): string {
  return file.source === "" ? goQuote(file.path) : `${goQuote(file.path)} (${file.source})`;
}
