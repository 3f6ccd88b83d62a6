import type { Coerce } from "../../api/codec/body.ts";
import { DecodeError } from "../../api/codec/decode-error.ts";
import { customResourceKind } from "../../api/kinds/apiextensions/custom-resource.ts";
import { resourceNotFound } from "../../api/status/errors.ts";
import { versionsOf } from "../../api/validation/apiextensions/internal-spec.ts";
import type { CustomResourceDefinition } from "../../api/wire.ts";
import type { Random } from "../../lib/random.ts";
import { ServedKind } from "../registry/served-kind.ts";
import { versionView } from "./conversion.ts";
import { type ConversionCall, reviewConversion } from "./conversion-review.ts";
import type { DefinitionSchemas } from "./definition-schemas.ts";
import { type WebhookParts, webhookPost } from "./webhook-post.ts";

export interface VersionParts {
  readonly stored: ServedKind;
  readonly schemas: DefinitionSchemas;
  readonly retired: AbortSignal;
  isTerminating(): boolean;
  /** The definition's own key in the store. */
  readonly key: string;
  /** The definition's revision as this server knows it; undefined when it is gone. */
  revision(): number | undefined;
  readonly webhooks: WebhookParts;
  readonly random: Random;
}

/** The kind in whose name objects are stored: never served itself. */
export function storedKind(definition: CustomResourceDefinition): ServedKind {
  const version = versionsOf(definition).find((one) => one.storage) ?? {};
  const none = () => undefined;
  return new ServedKind({ ...customResourceKind(slim(definition), { name: version.name ?? "" }, none), strategy: {}, subresources: {}, selectableFields: {} });
}

/** The kinds of all served versions of a definition. */
export function servedVersions(definition: CustomResourceDefinition, parts: VersionParts): ServedKind[] {
  const group = definition.spec?.group ?? "";
  const storageVersion = versionsOf(definition).find((version) => version.storage)?.name ?? "";
  const storageApiVersion = `${group}/${storageVersion}`;
  const webhook = conversionOf(definition, parts);
  const slimmed = slim(definition);
  return versionsOf(slimmed)
    .filter((version) => version.served)
    .map((version) => {
      const apiVersion = `${group}/${version.name}`;
      const { schemas, stored, retired } = parts;
      const view = versionView({ apiVersion, storageVersion, storageApiVersion, schemas, webhook });
      const guard = () => {
        const modRevision = parts.revision();
        if (modRevision === undefined) throw resourceNotFound();
        return { compare: [{ key: parts.key, modRevision }], operations: [] };
      };
      const entry = customResourceKind(slimmed, version, (wanted) => schemas.get(wanted));
      return new ServedKind(entry, stored, { view, retired, guard, isTerminating: () => parts.isTerminating(), coerce: coercion(schemas, apiVersion) });
    });
}

/** Pruning of what clients send; metadata of embedded objects must be of its form. @throws DecodeError */
function coercion(schemas: DefinitionSchemas, apiVersion: string): Coerce {
  return (object) => {
    const schema = schemas.get(apiVersion);
    if (schema === undefined) return [];
    const unknown = schema.prune(object);
    const fault = schema.coerceEmbedded(object, false);
    if (fault !== undefined) throw new DecodeError(fault);
    return unknown;
  };
}

function conversionOf(definition: CustomResourceDefinition, { webhooks, random }: VersionParts): ConversionCall | undefined {
  const conversion = definition.spec?.conversion;
  if (conversion?.strategy !== "Webhook" || !conversion.webhook?.clientConfig) return undefined;
  return reviewConversion({ reviewVersions: conversion.webhook.conversionReviewVersions, post: webhookPost(conversion.webhook.clientConfig, webhooks), random });
}

/** The definition without its schemas, which are large and looked at when they are needed. */
function slim(definition: CustomResourceDefinition): CustomResourceDefinition {
  const { spec } = definition;
  if (!spec) return definition;
  const versions = spec.versions.map(({ schema: _schema, ...rest }) => rest);
  return { ...definition, metadata: { name: definition.metadata.name ?? "" }, spec: { ...spec, versions } };
}
