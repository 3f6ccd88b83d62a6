import { Client, credentials } from "@grpc/grpc-js";

/** What an import brought: names and image id (config digest). */
export interface ImportedImage {
  readonly id: string;
  readonly names: readonly string[];
}

/** CRI has no verb to import an image: this is ours, beside it on the same socket. Messages are JSON. */
export const importService = {
  Import: {
    path: "/berth.dev.runtime.v1.ImageImport/Import",
    requestStream: false,
    responseStream: false,
    requestSerialize: json<ImportRequest>,
    requestDeserialize: parsed<ImportRequest>,
    responseSerialize: json<ImportResponse>,
    responseDeserialize: parsed<ImportResponse>,
  },
} as const;

export interface ImportRequest {
  /** Absolute path of a layout directory or an archive. */
  readonly path: string;
}

export interface ImportResponse {
  readonly images: readonly ImportedImage[];
}

/** Has the running shim at `endpoint` (`unix://…`) import an OCI layout directory or an OCI or Docker archive, by absolute path. */
export function importImage(endpoint: string, path: string): Promise<ImportedImage[]> {
  const client = new Client(endpoint, credentials.createInsecure());
  const { Import } = importService;
  return new Promise<ImportedImage[]>((resolve, reject) => {
    client.makeUnaryRequest(Import.path, Import.requestSerialize, Import.responseDeserialize, { path }, (error, response) => {
      if (error !== null) reject(new Error(error.details || error.message));
      else resolve([...(response?.images ?? [])]);
    });
  }).finally(() => client.close());
}

function json<T>(message: T): Buffer {
  return Buffer.from(JSON.stringify(message));
}

function parsed<T>(bytes: Buffer): T {
  return JSON.parse(bytes.toString("utf8")) as T;
}
