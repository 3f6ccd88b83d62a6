import { X509Certificate } from "node:crypto";
import { forbidden, invalid, notSupportedInOrder, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { CustomResourceDefinition } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { validateReviewVersions, validateWebhookService } from "../webhook-client.ts";

type Conversion = NonNullable<NonNullable<CustomResourceDefinition["spec"]>["conversion"]>;
type ClientConfig = NonNullable<NonNullable<Conversion["webhook"]>["clientConfig"]>;

const URL_FORM = "; desired format: https://host[/path]";

/** How versions are converted into one another. `anyCaBundle`: a caBundle that is none is let pass (before the definition is established). */
export function validateConversion(conversion: Conversion | undefined, anyCaBundle: boolean, path: FieldPath, errors: Errors): void {
  if (!conversion) return;
  if (!conversion.strategy) errors.push(required(path.child("strategy")));
  else if (conversion.strategy !== "None" && conversion.strategy !== "Webhook") errors.push(notSupportedInOrder(path.child("strategy"), conversion.strategy, ["None", "Webhook"]));
  const { webhook } = conversion;
  const config = path.child("webhookClientConfig");
  const versions = path.child("conversionReviewVersions");
  if (conversion.strategy !== "Webhook") {
    const detail = "should not be set when strategy is not set to Webhook";
    if (webhook?.clientConfig) errors.push(forbidden(config, detail));
    if (webhook?.conversionReviewVersions?.length) errors.push(forbidden(versions, detail));
    return;
  }
  if (!webhook?.clientConfig) errors.push(required(config, "required when strategy is set to Webhook"));
  else validateClientConfig(webhook.clientConfig, anyCaBundle, config, errors);
  validateReviewVersions(webhook?.conversionReviewVersions ?? [], "", true, versions, errors);
}

function validateClientConfig(config: ClientConfig, anyCaBundle: boolean, path: FieldPath, errors: Errors): void {
  if ((config.url === undefined) === (config.service === undefined)) errors.push(required(path, "exactly one of url or service is required"));
  else if (config.url !== undefined) validateUrl(config.url, path.child("url"), errors);
  else if (config.service !== undefined) validateWebhookService(config.service, path.child("service"), errors);
  if (config.caBundle && !anyCaBundle) {
    const fault = caBundleFault(config.caBundle);
    if (fault !== undefined) errors.push(invalid(path.child("caBundle"), config.caBundle, `unable to load root certificates: ${fault}`));
  }
}

/** Why base64 text is no bundle of PEM certificates; undefined when it is one. */
export function caBundleFault(caBundle: string): string | undefined {
  const text = Buffer.from(caBundle, "base64").toString("latin1");
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (blocks === null) return "unable to parse bytes as PEM block";
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch {
    return "x509: malformed certificate";
  }
}

function validateUrl(text: string, path: FieldPath, errors: Errors): void {
  const url = URL.parse(text);
  if (url === null) {
    errors.push(required(path, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URI for request${URL_FORM}`));
    return;
  }
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== "https") errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${URL_FORM}`));
  if (url.host === "") errors.push(invalid(path, "", `host must be specified${URL_FORM}`));
  const user = url.password === "" ? url.username : `${url.username}:${url.password}`;
  if (user !== "") errors.push(invalid(path, user, "user information is not permitted in the URL"));
  if (url.hash !== "") errors.push(invalid(path, url.hash.slice(1), "fragments are not permitted in the URL"));
  if (url.search !== "") errors.push(invalid(path, url.search.slice(1), "query parameters are not permitted in the URL"));
}
