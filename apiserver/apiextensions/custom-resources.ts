import type { RequestInfo } from "../chain/request-info.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { CustomKinds } from "./custom-kinds.ts";
import { DefinitionController } from "./definition-controller.ts";
import { CustomOpenApi } from "./openapi.ts";
import type { DialService } from "./webhook-post.ts";

/** Custom resources as the server has them: what is defined is served, and the definitions' status is written. Nothing where definitions are not served. */
export class CustomResources {
  readonly kinds: CustomKinds | undefined;
  /** Documents of what is defined. */
  readonly openapi: CustomOpenApi | undefined;
  readonly #controller: DefinitionController | undefined;

  /** `dialService` reaches conversion webhooks that are Services. */
  constructor(registry: Registry, dialService: DialService) {
    const definitions = registry.kinds.byResource("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    if (definitions === undefined) return;
    const { kinds, cache, clock, random, logger } = registry;
    this.kinds = new CustomKinds({ kinds, cache, definitions, clock, random, logger, dialService });
    this.openapi = new CustomOpenApi(kinds, this.kinds);
    this.#controller = new DefinitionController(registry, definitions, this.kinds);
  }

  /** Takes in what is defined; resolves when its objects can be read. */
  async start(): Promise<void> {
    await this.kinds?.start();
    this.#controller?.start();
  }

  /** Writes no more status; requests are still served. */
  async stop(): Promise<void> {
    await this.#controller?.close();
    this.kinds?.close();
  }

  /** The kind of a path that nothing built in has; undefined when nothing is defined for it. */
  async find(info: RequestInfo): Promise<ServedKind | undefined> {
    return await this.kinds?.find(info);
  }
}
