/**
 * A conversation: the requests that a client sends in the course of a connection's life, in order, and what the
 * answers must be. Kept as JSON; `${name}` anywhere stands for what an earlier step has remembered under that name.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Ajv } from 'ajv';
import { isObject, lastSegment, mismatches, valueAt } from './expectation.ts';
import type { Answer, ServedTenant } from './server.ts';

export interface Step {
  readonly name: string;
  /** Asked so often, with `${n}` counting from 1. */
  readonly times?: number;
  readonly request: {
    readonly method: string;
    /** Below the base URL, literally as the client writes it. */
    readonly path: string;
    readonly headers?: OutgoingHttpHeaders;
    /**
     * Text is sent as it is. In an object, `"~edit": "name"` stands for the keys of a remembered object that the
     * others replace; in a list, `{"~times": 3, "~of": …}` for three elements, with `${n}`.
     */
    readonly body?: unknown;
  };
  readonly status: number | readonly number[];
  readonly headers?: Readonly<Record<string, unknown>>;
  /** See expectation.ts. `null` expects that there is no body. */
  readonly response?: unknown;
  /** Paths that lead nowhere in the answer, though what is before their last segment is there. */
  readonly absent?: readonly string[];
  /** Path → what must not be there. */
  readonly differs?: Readonly<Record<string, unknown>>;
  /** Name → path in the answer; the empty path is all of it. */
  readonly remember?: Readonly<Record<string, string>>;
  /** What the application sees afterwards: lines as those of provisioningViews.ts. */
  readonly means?: { readonly accounts: readonly string[]; readonly memberships: readonly string[] };
}

export interface Conversation {
  readonly client: string;
  readonly why: string;
  /** The base URL as the administrator has entered it, without scheme and host. */
  readonly base?: string;
  /** What the admin has set of the tenant's provisioning. */
  readonly provisioning?: object;
  /** Of every request. */
  readonly headers?: OutgoingHttpHeaders;
  /** Of requests with a body, besides. */
  readonly writeHeaders?: OutgoingHttpHeaders;
  readonly steps: readonly Step[];
}

export type Memory = Readonly<Record<string, unknown>>;

/** What came of a step. */
export interface Outcome {
  readonly problems: readonly string[];
  readonly memory: Memory;
  /** The last request and its answer, for who has to find out why. */
  readonly exchange: { readonly request: unknown; readonly answer: unknown };
}

const text = { type: 'string', minLength: 1 };
const some = { type: 'object', minProperties: 1 };
const headers = { ...some, additionalProperties: { type: 'string' } };
const lines = { type: 'array', items: text };
const status = { type: 'integer', minimum: 200, maximum: 599 };
const validate = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile<Conversation>({
  type: 'object',
  additionalProperties: false,
  required: ['client', 'why', 'steps'],
  properties: {
    client: text,
    why: text,
    base: text,
    provisioning: some,
    headers,
    writeHeaders: headers,
    steps: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'request', 'status'],
        properties: {
          name: text,
          times: { type: 'integer', minimum: 2 },
          request: {
            type: 'object',
            additionalProperties: false,
            required: ['method', 'path'],
            properties: {
              method: { enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] },
              path: text,
              headers,
              body: {},
            },
          },
          status: { anyOf: [status, { type: 'array', minItems: 2, items: status }] },
          headers: some,
          response: { anyOf: [some, { type: 'null' }] },
          absent: { type: 'array', minItems: 1, items: text },
          differs: some,
          remember: { ...some, additionalProperties: { type: 'string' } },
          means: {
            type: 'object',
            additionalProperties: false,
            required: ['accounts', 'memberships'],
            properties: { accounts: lines, memberships: lines },
          },
        },
      },
    },
  },
});

/**
 * @param declared the text of the schemas: a name that is expected to be absent is found there or in a request
 * @throws Error for anything that is not of a conversation, so that no misspelt check is passed over
 */
export function readConversation(source: string, declared: string): Conversation {
  const given: unknown = JSON.parse(source);
  if (!validate(given)) {
    throw new Error(
      (validate.errors ?? [])
        .map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`)
        .join('; '),
    );
  }
  const known = `${declared}"Resources"${JSON.stringify(given.steps.map(({ request }) => request.body))}`;
  for (const { name, absent = [] } of given.steps) {
    for (const path of absent) {
      if (!known.includes(`"${lastSegment(path)}"`))
        throw new Error(`${name}: ${path} would be absent from anything`);
    }
  }
  return given;
}

/** Sends a step's requests and compares the answers. */
export async function takeStep(
  tenant: ServedTenant,
  conversation: Conversation,
  step: Step,
  before: Memory,
): Promise<Outcome> {
  let memory = before;
  let outcome: Outcome | undefined;
  for (let n = 1; n <= (step.times ?? 1); n += 1) {
    memory = { ...memory, n };
    const { method, path, headers: own, body } = expand(step.request, memory) as Step['request'];
    const request = {
      headers: { ...conversation.headers, ...(body === undefined ? {} : conversation.writeHeaders), ...own },
      body,
    };
    request.headers = expand(request.headers, memory) as OutgoingHttpHeaders;
    const url = `${conversation.base ?? '/scim/v2'}${path}`;
    const answer = await tenant.request(method, url, request);
    const problems = problemsOf(step, answer, memory);
    for (const [name, where] of Object.entries(
      expand(step.remember ?? {}, memory) as Record<string, string>,
    )) {
      const value = valueIn(answer.body, where);
      if (value === undefined) problems.push(`there is no ${where} to be remembered as ${name}`);
      else memory = { ...memory, [name]: value };
    }
    const { status: answered, headers: answerHeaders } = answer;
    const exchange = {
      request: { method, url, ...request },
      answer: { status: answered, headers: answerHeaders, body: answer.body ?? answer.text },
    };
    outcome = { problems, memory, exchange };
    if (problems.length > 0) break;
  }
  return outcome as Outcome;
}

/** What of an answer is not as the step expects, a sentence each. */
export function problemsOf(step: Step, answer: Answer, memory: Memory): string[] {
  const { body } = answer;
  const problems: string[] = [];
  const statuses = typeof step.status === 'number' ? [step.status] : step.status;
  if (!statuses.includes(answer.status))
    problems.push(`the status is ${answer.status} instead of ${statuses.join(' or ')}`);
  if (step.headers)
    problems.push(...mismatches(lowerKeys(expand(step.headers, memory)), answer.headers, 'the header'));
  if (step.response === null && answer.text !== '')
    problems.push(`the answer has a body: ${answer.text.slice(0, 600)}`);
  if (step.response) problems.push(...mismatches(expand(step.response, memory), body));
  for (const path of step.absent ?? []) {
    const value = valueIn(body, path, problems);
    if (value !== undefined) problems.push(`there is ${path}: ${JSON.stringify(value)}`);
  }
  for (const [path, value] of Object.entries(expand(step.differs ?? {}, memory) as Memory)) {
    const found = valueIn(body, path, problems);
    if (found === undefined) problems.push(`there is no ${path}`);
    else if (mismatches(value, found).length === 0)
      problems.push(`${path} is still ${JSON.stringify(found)}`);
  }
  problems.push(...impossible(step, answer));
  return problems;
}

// What holds for every answer to a client of SCIM, whatever was asked.
function impossible(step: Step, { status: answered, headers: given, text: sent, body }: Answer): string[] {
  const problems: string[] = [];
  if (sent !== '' && body === undefined) problems.push(`the answer is not JSON: ${sent.slice(0, 200)}`);
  // Only a client that asks for it gets application/json; a refusal is always in SCIM's type (RFC 7644 §8.1).
  const plain = answered < 400 && step.request.headers?.['Accept'] === 'application/json';
  const types = plain ? /^application\/json\b/ : /^application\/scim\+json\b/;
  if (sent !== '' && !types.test(given['content-type'] ?? '')) {
    problems.push(`the content type is ${given['content-type']}`);
  }
  if (answered >= 400) problems.push(...mismatches(REFUSAL, body));
  if (answered === 201)
    problems.push(...mismatches({ location: { '~matches': '^http://.+/scim/v2/' } }, given, 'the header'));
  return problems;
}

const REFUSAL = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
  status: { '~matches': '^[45]\\d\\d$' },
  detail: { '~matches': '^\\S.+ \\[request [0-9a-f-]{36}\\]$' },
};

/** @throws Error for a name that nothing is remembered under */
export function expand(template: unknown, memory: Memory): unknown {
  if (typeof template === 'string') return filledIn(template, memory);
  if (Array.isArray(template))
    return template.flatMap((one: unknown) => repeated(one, memory) ?? [expand(one, memory)]);
  if (!isObject(template)) return template;
  const { '~edit': edited, ...rest } = template;
  const own = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [String(filledIn(key, memory)), expand(value, memory)]),
  );
  return typeof edited === 'string' ? { ...(recall(edited, memory) as object), ...own } : own;
}

function repeated(template: unknown, memory: Memory): unknown[] | undefined {
  if (!isObject(template) || template['~times'] === undefined) return undefined;
  const { '~times': times, '~of': one } = template;
  return Array.from({ length: Number(times) }, (_, index) => expand(one, { ...memory, n: index + 1 }));
}

function filledIn(template: string, memory: Memory): unknown {
  let filled = template;
  // From the inside outwards: `${user${n}}`.
  for (let match = NAMED.exec(filled); match; match = NAMED.exec(filled)) {
    const value = recall(match[1] as string, memory);
    if (match[0] === filled) return value;
    filled = filled.replace(match[0], () => String(value));
  }
  return filled;
}

const NAMED = /\$\{(\w+)\}/;

function recall(name: string, memory: Memory): unknown {
  if (memory[name] === undefined) throw new Error(`nothing is remembered as ${name}`);
  return memory[name];
}

function valueIn(body: unknown, path: string, problems: string[] = []): unknown {
  try {
    return valueAt(body, path);
  } catch (error) {
    problems.push((error as Error).message);
    return undefined;
  }
}

function lowerKeys(value: unknown): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(value as object).map(([key, one]) => [key.toLowerCase(), one as string]),
  );
}
