import { type Finding, found } from '../../operations/diagnose/finding.ts';
import type { OutsideFacts } from './outside.ts';

type Draft = Omit<Finding, 'check'>;

/** Whom the command line has asked, and what it knows itself. */
export interface Asked {
  readonly serverVersion: string;
  readonly ownVersion: string;
  /** How far the server's clock is ahead of this machine's, in milliseconds. */
  readonly serverAheadMs: number;
  readonly now: Date;
}

const DAY_MS = 86_400_000;

/** What can be seen from here only. @param outside undefined where the server has no PUBLIC_URL */
export function judgeOutside(asked: Asked, outside: OutsideFacts | undefined): readonly Finding[] {
  const certificate = outside?.certificate;
  // Where nothing answers at all, there is nothing to be said of its certificate.
  const isSilent =
    certificate !== undefined && outside !== undefined && 'error' in certificate && 'error' in outside.answer;
  return [
    ...found('versions', ofVersions(asked), 'The server and this command are of one version.'),
    ...found('own-clock', ofClock(asked), "The server's clock agrees with this machine's."),
    ...(outside === undefined
      ? []
      : found('reached', ofAnswer(outside), `${outside.publicUrl} answers, and names itself rightly.`)),
    ...(certificate === undefined || isSilent
      ? []
      : found(
          'certificate',
          ofCertificate(certificate, asked.now),
          'The certificate is valid for a month and more.',
        )),
  ];
}

function ofVersions({ serverVersion, ownVersion }: Asked): readonly Draft[] {
  if (serverVersion === ownVersion) return [];
  return [
    {
      level: 'note',
      title: `The server is version ${serverVersion}, this command ${ownVersion}.`,
      meaning: 'What one knows, the other may not.',
      todo: 'Restart the server after an upgrade, or use the command that came with it.',
    },
  ];
}

function ofClock({ serverAheadMs }: Asked): readonly Draft[] {
  const seconds = Math.round(Math.abs(serverAheadMs) / 1000);
  if (seconds <= 5) return [];
  return [
    {
      level: seconds > 60 ? 'warning' : 'note',
      title: `The server's clock is ${seconds} seconds ${serverAheadMs > 0 ? 'ahead of' : 'behind'} this machine's.`,
      meaning: 'One of the two is wrong; tokens expire by the server’s.',
      todo: 'Have both set their clocks by NTP.',
    },
  ];
}

function ofAnswer({ publicUrl, answer }: OutsideFacts): readonly Draft[] {
  if ('error' in answer)
    return [
      {
        level: 'problem',
        title: `${publicUrl} cannot be reached from here (${answer.error}).`,
        meaning:
          'Identity providers cannot reach it either, unless this machine is kept from where they are.',
        todo: 'Check the name, the port, the proxy in front and the firewall.',
      },
    ];
  const { status, location } = answer;
  if (status >= 300 && status < 400)
    return [
      {
        level: 'problem',
        title: `${publicUrl} redirects (${status}).`,
        meaning: 'Most identity providers do not follow.',
        todo: 'Set PUBLIC_URL to where it leads, and give that to the identity providers.',
      },
    ];
  if (status !== 200 || location === undefined)
    return [
      {
        level: 'problem',
        title: `${publicUrl}/scim/v2/ServiceProviderConfig is answered with ${status}, and not by Rollcall.`,
        meaning: 'Something in front answers in its place, or passes it on to somewhere else.',
        todo: 'Have the proxy pass everything below /scim/v2 on to this server, with its path as it is.',
      },
    ];
  if (location.startsWith(`${publicUrl.replace(/\/+$/, '')}/`)) return [];
  return [
    {
      level: 'problem',
      title: `What answers at ${publicUrl} calls itself ${location}.`,
      meaning: 'Another server, or one with another PUBLIC_URL, is behind that address.',
      todo: 'Give all servers behind it the same PUBLIC_URL.',
    },
  ];
}

function ofCertificate(certificate: NonNullable<OutsideFacts['certificate']>, now: Date): readonly Draft[] {
  if ('error' in certificate)
    return [
      {
        level: 'problem',
        title: `No certificate is shown (${certificate.error}).`,
        todo: 'Check what is in front.',
      },
    ];
  const { fault, expiresAt, issuer } = certificate;
  const days = Math.floor((expiresAt.getTime() - now.getTime()) / DAY_MS);
  const drafts: Draft[] = [];
  if (fault !== undefined)
    drafts.push({
      level: 'problem',
      title: `The certificate, by ${issuer}, is not one that clients take: ${fault}.`,
      meaning: 'Identity providers end the connection before they send anything.',
      todo: 'Use one for this name from a public authority, with its whole chain.',
    });
  if (days < 30)
    drafts.push({
      level: days < 3 ? 'problem' : days < 14 ? 'warning' : 'note',
      title: days < 0 ? 'The certificate has expired.' : `The certificate expires in ${days} days.`,
      meaning: 'No identity provider connects from then on.',
      todo: 'Renew it, and find out why that does not happen by itself.',
    });
  return drafts;
}
