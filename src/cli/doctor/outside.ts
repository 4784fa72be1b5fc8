/** How an installation looks from where its clients are. */
import { connect } from 'node:tls';

export interface OutsideFacts {
  readonly publicUrl: string;
  /** What `/scim/v2/ServiceProviderConfig` was answered with; or why it was not. */
  readonly answer:
    | { readonly status: number; readonly location: string | undefined }
    | { readonly error: string };
  /** Of https only. */
  readonly certificate: Certificate | undefined;
}

export type Certificate =
  | {
      /** Why a client that looks closely would not take it: chain, name or time. */
      readonly fault: string | undefined;
      readonly expiresAt: Date;
      readonly issuer: string;
    }
  | { readonly error: string };

const PATIENCE = 10_000;

/** Asks for what needs no token. Never fails: what goes wrong is what is to be known. */
export async function lookFromOutside(publicUrl: string): Promise<OutsideFacts> {
  const url = new URL(publicUrl);
  const [answer, certificate] = await Promise.all([
    ask(`${publicUrl.replace(/\/+$/, '')}/scim/v2/ServiceProviderConfig`),
    url.protocol === 'https:' ? certificateOf(url) : undefined,
  ]);
  return { publicUrl, answer, certificate };
}

async function ask(address: string): Promise<OutsideFacts['answer']> {
  try {
    const response = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) });
    const text = await response.text();
    let location: unknown;
    try {
      location = (JSON.parse(text) as { meta?: { location?: unknown } }).meta?.location;
    } catch {
      location = undefined;
    }
    return { status: response.status, location: typeof location === 'string' ? location : undefined };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

function certificateOf({ hostname, port }: URL): Promise<Certificate> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const isName = !/^[\d.]+$|:/.test(host);
    // Seen before it is judged, so that a bad one can be told what is wrong with it.
    const socket = connect({
      host,
      port: port === '' ? 443 : Number(port),
      ...(isName ? { servername: host } : {}),
      rejectUnauthorized: false,
      timeout: PATIENCE,
    });
    const end = (certificate: Certificate): void => {
      socket.destroy();
      resolve(certificate);
    };
    socket.once('secureConnect', () => {
      const { valid_to: until, issuer } = socket.getPeerCertificate();
      const fault = socket.authorized ? undefined : String(socket.authorizationError);
      const given = issuer?.O ?? issuer?.CN ?? 'somebody';
      end({ fault, expiresAt: new Date(until), issuer: Array.isArray(given) ? given.join(', ') : given });
    });
    socket.once('timeout', () => end({ error: `no answer within ${PATIENCE / 1000} s` }));
    socket.once('error', (error) => end({ error: reasonOf(error) }));
  });
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${PATIENCE / 1000} s`;
  const { cause, code, message } = error as { cause?: { code?: unknown }; code?: unknown; message?: unknown };
  return String(cause?.code ?? code ?? message);
}
