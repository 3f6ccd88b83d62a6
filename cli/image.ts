import { resolve } from "node:path";
import { importImage as importIntoShim } from "../runtime-shim/shim.ts";
import { readRecord } from "./daemon/cluster-record.ts";
import { layoutOf } from "./daemon/layout.ts";
import type { OptionValues } from "./options.ts";
import { UserError } from "./user-error.ts";

type Values = OptionValues<"cri-endpoint">;

function endpointOf(values: Values): string {
  const record = readRecord();
  return values["cri-endpoint"] ?? (record === undefined ? "unix:///run/berth/shim.sock" : layoutOf(record.dataDir).shimEndpoint);
}

/** `berth image import PATH`: an OCI layout folder, or an OCI or docker archive, into the running runtime. */
export async function importImage(path: string, values: Values): Promise<void> {
  const endpoint = endpointOf(values);
  const images = await importIntoShim(endpoint, resolve(path)).catch((error: Error) => {
    throw new UserError(`cannot import ${path} at ${endpoint}: ${error.message}`);
  });
  for (const image of images) process.stdout.write(`imported ${image.names.join(", ") || image.id}\n`);
}
