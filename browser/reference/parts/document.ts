// The OpenAPI document, as far as this page reads it. It comes from the page's own server.

export interface Schema {
  $ref?: string;
  type?: string;
  title?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
}

export interface Media {
  schema: Schema;
  example?: unknown;
}

export interface Response {
  $ref?: string;
  description: string;
  content?: Record<string, Media>;
}

export interface Sample {
  lang: string;
  label: string;
  source: string;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  deprecated?: boolean;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
  "x-codeSamples": Sample[];
}

export interface OpenApi {
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Response> };
}

/** An operation with its place. */
export interface Placed {
  method: string;
  path: string;
  operation: Operation;
}

const JSON_TYPE = "application/json";

export class Reader {
  constructor(readonly document: OpenApi) {}

  get base(): string {
    return this.document.servers[0]?.url ?? "";
  }

  operations(): Placed[] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
  }

  /** The schema itself, where there is only a reference to it. */
  schema(from: Schema): Schema {
    const name = from.$ref?.split("/").pop();
    return name ? (this.document.components.schemas[name] ?? {}) : from;
  }

  response(from: Response): Response {
    const name = from.$ref?.split("/").pop();
    return name ? (this.document.components.responses[name] ?? from) : from;
  }
}

export function media(content: Record<string, Media> | undefined): Media | undefined {
  return content?.[JSON_TYPE];
}

export function needsBearer(operation: Operation): boolean {
  return operation.security.some((way) => "bearer" in way);
}

export async function loadDocument(): Promise<Reader> {
  const answer = await fetch("/multi/openapi.json");
  if (!answer.ok) throw new Error(`The server answered ${answer.status} to openapi.json.`);
  return new Reader((await answer.json()) as OpenApi);
}
