/** RFC 9944: devices, which a tenant has when they are switched on. */
import t from 'tap';
import { openApp } from '../support/app.ts';
import { define, MODES, PATCH_OP } from '../support/protocol.ts';

const DEVICE = 'urn:ietf:params:scim:schemas:core:2.0:Device';
const BLE = 'urn:ietf:params:scim:schemas:extension:ble:2.0:Device';
const DPP = 'urn:ietf:params:scim:schemas:extension:dpp:2.0:Device';
const MAB = 'urn:ietf:params:scim:schemas:extension:ethernet-mab:2.0:Device';
const ZIGBEE = 'urn:ietf:params:scim:schemas:extension:zigbee:2.0:Device';
const APPS = 'urn:ietf:params:scim:schemas:extension:endpointAppsExt:2.0:Device';
const PASS_KEY = 'urn:ietf:params:scim:schemas:extension:pairingPassKey:2.0:Device';
const ENDPOINT_APP = 'urn:ietf:params:scim:schemas:core:2.0:EndpointApp';

const ble = {
  schemas: [DEVICE, BLE],
  displayName: 'BLE Heart Monitor',
  active: true,
  [BLE]: {
    versionSupport: ['5.3'],
    deviceMacAddress: '2C:54:91:88:C9:E2',
    isRandom: false,
    separateBroadcastAddress: ['AA:BB:88:77:22:11', 'AA:BB:88:77:22:12'],
    mobility: true,
    pairingMethods: [PASS_KEY],
    [PASS_KEY]: { key: 123456 },
  },
};

for (const mode of MODES) {
  t.test(`C3.01 C3.05 devices are served once they are switched on (${mode})`, async (t) => {
    const { admin, server, addTenant } = await openApp(t);
    const { token } = await addTenant('globex', mode);
    const scim = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: object) =>
      server.inject({
        method,
        url: `/scim/v2${url}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
        ...(payload && { payload: JSON.stringify(payload) }),
      });
    const type = (name: string) => `/tenants/globex/resource-types/${name}`;
    t.match(await scim('GET', '/Devices'), { statusCode: 404 });
    t.match(await scim('GET', `/Schemas/${DEVICE}`), { statusCode: 404 });
    t.match((await admin('GET', '/tenants/globex/resource-types')).json(), {
      resourceTypes: [{ name: 'User' }, { name: 'Group' }],
      available: [{ name: 'Device' }, { name: 'EndpointApp' }],
    });
    t.match(await admin('PUT', type('Device')), { statusCode: 201 });
    t.match(await admin('PUT', type('Device'), {}), { statusCode: 200 });
    t.match((await admin('PUT', type('Device'), { endpoint: '/Things', schema: DEVICE })).json(), {
      detail: /send no body/,
    });
    t.match((await scim('GET', '/ResourceTypes/Device')).json(), {
      endpoint: '/Devices',
      schemaExtensions: [BLE, DPP, MAB, ZIGBEE, APPS].map((schema) => ({ schema, required: false })),
    });
    t.match(await scim('GET', `/Schemas/${ZIGBEE}`), { statusCode: 200 });

    const made = await scim('POST', '/Devices', ble);
    t.match(made, { statusCode: 201 });
    t.match(made.json(), { ...ble, meta: { resourceType: 'Device' } });
    const url = `/Devices/${made.json().id}`;
    t.match(
      (
        await scim('POST', '/Devices', {
          schemas: [DEVICE, BLE],
          active: true,
          [BLE]: { versionSupport: ['5'] },
        })
      ).json(),
      {
        scimType: 'invalidValue',
      },
    );
    t.match(
      (
        await scim('POST', '/Devices', {
          schemas: [DEVICE, DPP],
          active: true,
          [DPP]: { dppVersion: 2, bootstrapKey: 'MDkw' },
        })
      ).json(),
      {
        [DPP]: { dppVersion: 2, bootstrapKey: undefined },
      },
    );
    const patch = {
      schemas: [PATCH_OP],
      Operations: [{ op: 'replace', path: `${BLE}:${PASS_KEY}.key`, value: 654321 }],
    };
    t.match((await scim('PATCH', url, patch)).json(), { [BLE]: { [PASS_KEY]: { key: 654321 } } });
    const filter = encodeURIComponent(`${BLE}:deviceMacAddress eq "2c:54:91:88:c9:e2"`);
    t.equal((await scim('GET', `/Devices?filter=${filter}`)).json().totalResults, 1);

    const group = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Ward',
      members: [{ value: made.json().id }],
    };
    const { id } = (await scim('POST', '/Groups', group)).json();
    t.match((await scim('GET', `/Groups/${id}`)).json(), { members: [{ type: 'Device' }] }, 'C3.04');
    t.match((await scim('GET', url)).json(), { groups: [{ value: id, display: 'Ward' }] });

    await admin('PUT', type('EndpointApp'));
    const app = {
      schemas: [ENDPOINT_APP],
      applicationType: 'deviceControl',
      applicationName: 'Heart',
      certificateInfo: { rootCA: 'MIIB', subjectName: 'hr.example.com' },
    };
    const control = await scim('POST', '/EndpointApps', app);
    t.match(control.json(), app, 'C3.03');
    const other = { ...app, applicationType: 'telemetry' };
    t.match(
      (await scim('PUT', `/EndpointApps/${control.json().id}`, other)).json(),
      { scimType: 'mutability' },
      'C3.02',
    );
    const applications = [{ value: control.json().id }];
    t.match(
      (await scim('PUT', url, { ...ble, schemas: [DEVICE, BLE, APPS], [APPS]: { applications } })).json(),
      { [APPS]: { applications } },
    );

    t.match((await admin('DELETE', type('Device'))).json(), {
      status: '409',
      detail: /there are 2 resources/,
    });
    await scim('DELETE', url);
    t.match((await admin('DELETE', type('Device'))).json(), { status: '409', detail: /there is 1 resource/ });
    await scim('DELETE', `/EndpointApps/${control.json().id}`);
    t.match(await admin('DELETE', type('EndpointApp')), { statusCode: 204 });
  });
}

t.test('C3.05 a tenant can extend devices, and has to stop before they are switched off', async (t) => {
  const { admin } = await openApp(t);
  await admin('PUT', '/tenants/acme/resource-types/Device');
  const url = '/tenants/acme/schemas/urn:example:floor';
  t.match(await admin('PUT', url, { name: 'Floor', attributes: [define('floor')], extends: ['Device'] }), {
    statusCode: 201,
  });
  t.match((await admin('DELETE', '/tenants/acme/resource-types/Device')).json(), {
    detail: /urn:example:floor extends Device/,
  });
  await admin('DELETE', url);
  t.match(await admin('DELETE', '/tenants/acme/resource-types/Device'), { statusCode: 204 });
});
