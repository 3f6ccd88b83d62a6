import { type Resource, secrets, serviceaccounts } from "../../api/resources.ts";
import type { ApiObject, Secret, ServiceAccount, TokenRequest } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Identified, type Informer, keyOf, splitKey } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";

const TYPE = "kubernetes.io/service-account-token";
const ACCOUNT = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";
/** The longest that can be asked for. What ends these tokens is the deletion of their Secret or account. */
const LIFETIME_S = 2 ** 32;

/**
 * Fills Secrets of type `kubernetes.io/service-account-token`, which users make for clients that cannot renew a token: a token of the account that the annotation
 * names, the cluster's CA and the namespace. One whose account is not there, or is another of that name, is deleted.
 */
export class TokenSecretController implements Controller {
  readonly name = "serviceaccount-token-controller";
  readonly #context: ControllerContext;
  readonly #bundle: string;
  readonly #secrets: Informer<Identified>;
  readonly #loop: ReconcileLoop;

  /** `bundle`: CA certificates of the cluster, PEM. */
  constructor(context: ControllerContext, bundle: string) {
    this.#context = context;
    this.#bundle = bundle;
    // Metadata alone: the annotation tells whom to look at, and other Secrets' contents are nothing to us.
    this.#secrets = context.informers.metadata(secrets as unknown as Resource<ApiObject>);
    this.#secrets.addIndex(ACCOUNT, (secret) => (accountOf(secret) === undefined ? [] : [`${secret.metadata.namespace}/${accountOf(secret)}`]));
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 4, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (secret: Identified) => {
      if (accountOf(secret) !== undefined) this.#loop.queue.add(keyOf(secret));
    };
    this.#secrets.addHandler({ add: enqueue, update: enqueue });
    context.informers.get(serviceaccounts).addHandler({ delete: (account) => this.#secrets.byIndex(ACCOUNT, keyOf(account)).forEach(enqueue) });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    if (this.#secrets.get(key) === undefined) return undefined;
    const { client } = this.#context;
    try {
      const secret = await client.get(secrets, splitKey(key));
      const name = accountOf(secret);
      if (secret.type !== TYPE || name === undefined || secret.metadata.deletionTimestamp !== undefined) return undefined;
      const account = await this.#account(secret, name);
      if (account !== undefined) await this.#fill(secret, account);
      else await client.delete(secrets, splitKey(key), { preconditions: { uid: secret.metadata.uid ?? "", resourceVersion: secret.metadata.resourceVersion ?? "" } });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
    return undefined;
  }

  /** The account that the Secret is for, as it is now. */
  async #account(secret: Secret, name: string): Promise<ServiceAccount | undefined> {
    try {
      const account = await this.#context.client.get(serviceaccounts, { namespace: secret.metadata.namespace, name });
      const uid = secret.metadata.annotations?.[ACCOUNT_UID];
      return !uid || uid === account.metadata.uid ? account : undefined;
    } catch (error) {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }

  /** Writes what the Secret lacks; what it has stays, but for the CA, which may have been renewed. */
  async #fill(secret: Secret, account: ServiceAccount): Promise<void> {
    const { namespace = "", annotations } = secret.metadata;
    const { uid = "" } = account.metadata;
    const ca = encodeBase64(this.#bundle);
    const { token, namespace: written, "ca.crt": caWritten } = secret.data ?? {};
    if (token && written && caWritten === ca && annotations?.[ACCOUNT_UID] === uid) return;
    const data = { ...secret.data, "ca.crt": ca, namespace: written || encodeBase64(namespace), token: token || encodeBase64(await this.#token(secret, account)) };
    await this.#context.client.update(secrets, { ...secret, metadata: { ...secret.metadata, annotations: { ...annotations, [ACCOUNT_UID]: uid } }, data });
  }

  /** A token that is good as long as the Secret and the account are there. */
  async #token(secret: Secret, account: ServiceAccount): Promise<string> {
    const { namespace, name = "", uid = "" } = secret.metadata;
    const boundObjectRef = { apiVersion: "v1", kind: "Secret", name, uid };
    const request: TokenRequest = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec: { audiences: [], expirationSeconds: LIFETIME_S, boundObjectRef } };
    const answer = await this.#context.client.createSubresource<TokenRequest, TokenRequest>(serviceaccounts, { namespace, name: account.metadata.name ?? "" }, "token", request);
    return answer.status?.token ?? "";
  }
}

function encodeBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

function accountOf(secret: Identified): string | undefined {
  return secret.metadata.annotations?.[ACCOUNT] || undefined;
}
