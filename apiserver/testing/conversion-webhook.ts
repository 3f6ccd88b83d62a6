import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { systemClock } from "../../lib/clock.ts";
import { issueServingCertificate } from "../auth/pki.ts";
import type { Json } from "./test-client.ts";
import type { TestServer } from "./test-server.ts";

/** A conversion webhook on loopback. */
export interface ConversionWebhook {
  readonly url: string;
  readonly port: number;
  /** CA bundle, base64, as a definition has it. */
  readonly caBundle: string;
  /** The webhook's own certificate, base64: a bundle without an authority. */
  readonly ownBundle: string;
  /** Objects of each review. */
  readonly asked: number[];
  /** What it answers to a review; replace it to make it fail. */
  answer: (review: Json) => Json;
  /** Answers wait for this. */
  hold: Promise<void> | undefined;
  stop(): Promise<void>;
}

/** Starts a webhook that converts by `convert`; its certificate is signed by the server's CA. */
export async function startConversionWebhook(server: TestServer, convert: (object: Json, apiVersion: string) => Json, hosts: readonly string[] = ["127.0.0.1"]): Promise<ConversionWebhook> {
  const serving = await issueServingCertificate(server.pki, { commonName: "webhook", hosts: [...hosts] }, systemClock);
  const asked: number[] = [];
  const https = createServer({ cert: serving.certificate, key: serving.key }, async (request, response) => {
    const review = JSON.parse(await text(request)) as Json;
    asked.push(review.request.objects.length);
    await webhook.hold;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(webhook.answer(review)));
  });
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  const { port } = https.address() as AddressInfo;
  const webhook: ConversionWebhook = {
    url: `https://127.0.0.1:${port}/convert`,
    port,
    caBundle: Buffer.from(server.pki.ca.certificate).toString("base64"),
    ownBundle: Buffer.from(serving.certificate).toString("base64"),
    asked,
    answer({ kind, apiVersion, request }) {
      const convertedObjects = request.objects.map((object: Json) => convert(object, request.desiredAPIVersion));
      return { kind, apiVersion, response: { uid: request.uid, result: { status: "Success" }, convertedObjects } };
    },
    hold: undefined,
    stop: () =>
      new Promise((resolve) => {
        https.close(() => resolve());
        https.closeAllConnections();
      }),
  };
  return webhook;
}
