import { certificatesigningrequests } from "../../api/resources.ts";
import type { CertificateSigningRequest } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { isOwnSigner, lifetime_ms, refusal, requestPem } from "./signers.ts";

/** The cluster's CA: a certificate (PEM) for a signing request (PKCS #10, PEM), its subject, key and names as they stand there. */
export type SignCertificate = (request: string, usages: readonly string[], validity: { readonly now_ms: number; readonly lifetime_ms: number }) => string;

/** Signs approved CertificateSigningRequests of Kubernetes' own signers; what a signer's rules forbid gets the condition Failed. */
export class CertificateSigningController implements Controller {
  readonly name = "certificatesigningrequest-signing-controller";
  readonly #context: ControllerContext;
  readonly #sign: SignCertificate;
  readonly #requests: Informer<CertificateSigningRequest>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext, sign: SignCertificate) {
    this.#context = context;
    this.#sign = sign;
    this.#requests = context.informers.get(certificatesigningrequests);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 2, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (request: CertificateSigningRequest) => {
      if (isWaiting(request)) this.#loop.queue.add(keyOf(request));
    };
    this.#requests.addHandler({ add: enqueue, update: enqueue });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const request = this.#requests.get(key);
    if (request === undefined || !isWaiting(request)) return undefined;
    const fault = refusal(request);
    const now_ms = this.#context.clock.now_ms();
    const status = fault === undefined ? { ...request.status, certificate: this.#certificate(request, now_ms) } : { ...request.status, conditions: [...(request.status?.conditions ?? []), failed(fault, now_ms)] };
    try {
      await this.#context.client.update(certificatesigningrequests, { ...request, status }, { subresource: "status" });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
    return undefined;
  }

  #certificate(request: CertificateSigningRequest, now_ms: number): string {
    const pem = this.#sign(requestPem(request.spec.request), request.spec.usages ?? [], { now_ms, lifetime_ms: lifetime_ms(request) });
    return Buffer.from(pem, "latin1").toString("base64");
  }
}

function isWaiting({ spec, status, metadata }: CertificateSigningRequest): boolean {
  const has = (type: string) => status?.conditions?.some((condition) => condition.type === type) === true;
  return isOwnSigner(spec.signerName) && metadata.deletionTimestamp === undefined && !status?.certificate && has("Approved") && !has("Denied") && !has("Failed");
}

function failed(message: string, now_ms: number): { type: string; status: string; reason: string; message: string; lastUpdateTime: string; lastTransitionTime: string } {
  const now = rfc3339(now_ms);
  return { type: "Failed", status: "True", reason: "SignerValidationFailure", message, lastUpdateTime: now, lastTransitionTime: now };
}
