import type { FastifyInstance } from 'fastify';
import type { Finding } from '../../operations/diagnose/finding.ts';
import { allowOnly } from '../allowOnly.ts';

/** What a server says of itself when it is asked how it is. */
export interface Examination {
  readonly version: string;
  /** Of the database, e.g. `15.18`. */
  readonly database: string;
  /** By the server's clock. */
  readonly at: Date;
  readonly publicUrl: string | null;
  readonly findings: readonly Finding[];
}

export interface DoctorDeps {
  readonly examine: () => Promise<Examination>;
}

/** /doctor: what is to be seen to, as `rollcall doctor` shows it. */
export function doctorRoutes(server: FastifyInstance, { examine }: DoctorDeps): void {
  server.get(
    '/doctor',
    {
      config: {
        operation: 'admin.doctor',
        api: {
          summary:
            'Checks this server and its database; each finding is "ok", a "note", a "warning" or a "problem"',
          status: 200,
        },
      },
    },
    () => examine(),
  );
  allowOnly(server, '/doctor', ['GET']);
}
