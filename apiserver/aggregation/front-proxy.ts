import type { UserInfo } from "../../api/exchange.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import { issueFrontProxyCertificate, type KeyPair, type Pki } from "../auth/pki.ts";
import { RenewedCertificate } from "../auth/renewed-certificate.ts";
import type { Registry } from "../registry/registry.ts";
import { reconcileObject } from "../registry/system-write.ts";

export const FRONT_PROXY_USER = "front-proxy-client";
const CONFIG_MAP = "extension-apiserver-authentication";
/** What a header's name may not hold is written in percent form. */
const NOT_IN_NAME = /[^0-9A-Za-z!#$&'*+\-.^_`|~]/;

type Headers = Record<string, string | readonly string[] | undefined>;

/** Tells extension servers who asks: by headers, which they believe because of the certificate that the connection is made with. */
export class FrontProxy {
  readonly #pki: Pki;
  readonly #certificate: RenewedCertificate;

  constructor(pki: Pki, clock: Clock) {
    this.#pki = pki;
    this.#certificate = new RenewedCertificate(clock, () => issueFrontProxyCertificate(pki, FRONT_PROXY_USER, clock));
  }

  /** Client certificate of the authority that the extension servers are told of. */
  certificate(): Promise<KeyPair> {
    return this.#certificate.get();
  }

  /** What an extension server needs to know to believe us, where it looks for it: kube-system/extension-apiserver-authentication. */
  async publish(registry: Registry): Promise<void> {
    const wanted: Record<string, string> = {
      "client-ca-file": this.#pki.ca.certificate,
      "requestheader-allowed-names": JSON.stringify([FRONT_PROXY_USER]),
      "requestheader-client-ca-file": this.#pki.frontProxyCa.certificate,
      "requestheader-extra-headers-prefix": JSON.stringify(["X-Remote-Extra-"]),
      "requestheader-group-headers": JSON.stringify(["X-Remote-Group"]),
      "requestheader-uid-headers": JSON.stringify(["X-Remote-Uid"]),
      "requestheader-username-headers": JSON.stringify(["X-Remote-User"]),
    };
    const object: ApiObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: CONFIG_MAP, namespace: "kube-system" }, data: wanted };
    await reconcileObject(registry, object, (present) => {
      const data = (present as ApiObject & { data?: Record<string, string> }).data ?? {};
      const merged = { ...wanted, "client-ca-file": bundle(data["client-ca-file"], wanted["client-ca-file"]), "requestheader-client-ca-file": bundle(data["requestheader-client-ca-file"], wanted["requestheader-client-ca-file"]) };
      if (Object.entries(merged).every(([key, value]) => data[key] === value)) return false;
      (present as ApiObject & { data?: Record<string, string> }).data = { ...data, ...merged };
      return true;
    });
  }
}

/** Servers whose authorities differ must all be believed. */
function bundle(present: string | undefined, own = ""): string {
  return present === undefined || present === "" || present.includes(own.trim()) ? (present || own) : `${present.trimEnd()}\n${own}`;
}

/** X-Remote-User, -Uid, -Group and -Extra-…: in place of whatever the client sent under these names. */
export function remoteUserHeaders({ name, uid, groups, extra }: UserInfo): Headers {
  const headers: Headers = { "x-remote-user": wireText(name) };
  if (uid) headers["x-remote-uid"] = wireText(uid);
  if (groups.length > 0) headers["x-remote-group"] = groups.map(wireText);
  for (const [key, values] of Object.entries(extra ?? {})) headers[`x-remote-extra-${escapedName(key)}`] = values.map(wireText);
  return headers;
}

/** The bytes of the text's UTF-8 form, as Go's programs send and read them. */
function wireText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function escapedName(key: string): string {
  return [...Buffer.from(key, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return NOT_IN_NAME.test(character) ? `%${byte.toString(16).toUpperCase().padStart(2, "0")}` : character.toLowerCase();
    })
    .join("");
}
