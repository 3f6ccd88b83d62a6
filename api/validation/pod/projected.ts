import { forbidden, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Volume, VolumeProjection } from "../../wire.ts";
import { type Errors, localNonReservedPath } from "../common.ts";
import { validateDownwardFile, validateKeyToPath, validateMode } from "./volume-files.ts";

const TOKEN_LIFE_MIN_S = 600;
const TOKEN_LIFE_MAX_S = 2 ** 32;

/** Several sources in one directory: no file twice. */
export function validateProjected(volume: NonNullable<Volume["projected"]>, path: FieldPath, errors: Errors): void {
  validateMode(volume.defaultMode, path, "defaultMode", errors);
  const taken = new Set<string>();
  const take = (file: string, shown: string) => {
    if (taken.has(file)) errors.push(invalid(path, shown, "conflicting duplicate paths"));
    taken.add(file);
  };
  volume.sources?.forEach((source, i) => {
    validateSource(source, path.child("sources").index(i), path, take, errors);
  });
}

function validateSource(source: VolumeProjection, at: FieldPath, volume: FieldPath, take: (file: string, shown: string) => void, errors: Errors): void {
  let count = 0;
  for (const field of ["secret", "configMap"] as const) {
    const projection = source[field];
    if (!projection) continue;
    count++;
    if (!projection.name) errors.push(required(at.child(field, "name")));
    projection.items?.forEach((item, j) => {
      validateKeyToPath(item, at.child(field, "items").index(j), errors);
      if (item.path) take(item.path, projection.name ?? "");
    });
  }
  if (source.downwardAPI) {
    count++;
    const inside = at.child("downwardAPI");
    for (const file of source.downwardAPI.items ?? []) {
      validateDownwardFile(file, inside, errors);
      if (file.path) take(file.path, file.path);
    }
  }
  if (source.serviceAccountToken) {
    count++;
    const life_s = source.serviceAccountToken.expirationSeconds ?? 0;
    const expiration = () => at.child("serviceAccountToken", "expirationSeconds");
    if (life_s < TOKEN_LIFE_MIN_S) errors.push(invalid(expiration(), life_s, "may not specify a duration less than 10 minutes"));
    if (life_s > TOKEN_LIFE_MAX_S) errors.push(invalid(expiration(), life_s, "may not specify a duration larger than 2^32 seconds"));
    // Kubernetes reports the token's path at the volume.
    if (!source.serviceAccountToken.path) errors.push(required(volume.child("path")));
    else localNonReservedPath(source.serviceAccountToken.path, volume.child("path"), errors);
  }
  if (count > 1) errors.push(forbidden(at, "may not specify more than 1 volume type per source"));
}
