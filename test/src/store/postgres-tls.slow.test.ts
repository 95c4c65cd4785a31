import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { createCertificate } from '../../../src/simulator/certificate.ts'
import { Database } from '../../../src/store/postgres/database.ts'
import { PostgresStore } from '../../../src/store/postgres/postgres-store.ts'
import { expiredCertificate } from '../../helper/expired-certificate.ts'
import { noPostgres, PostgresServer } from '../../helper/postgres.ts'

t.test('a database that is reached by TLS', { skip: noPostgres }, async (t) => {
  const server = await PostgresServer.start()
  t.teardown(() => server.close())
  const own = await createCertificate('database', ['127.0.0.1'])
  const other = await createCertificate('database', ['db.example'])
  const folder = t.testdir()
  const fileOf = (name: string, text: string): string => {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }
  const address = await server.newDatabase()
  const root = fileOf('own.pem', own.certificate)

  /** Writes something; whether the connections that did it were encrypted. */
  async function write(t: Test, parameters: Record<string, string>): Promise<boolean> {
    const database = new Database(
      `${address}?${new URLSearchParams(parameters).toString()}`,
      silentLogger
    )
    t.teardown(() => database.close())
    await new PostgresStore(database).append('log', {})
    const rows = await server.run(
      "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'scale-bridge'"
    )
    t.not(rows.length, 0)
    await database.close()
    return rows.every(({ ssl }) => ssl === true)
  }

  const strict = ['require', 'verify-full']
  const stranger = fileOf('stranger.pem', other.certificate)
  const expired = fileOf('expired.pem', expiredCertificate.certificate)

  t.notOk(await write(t, { sslmode: 'disable' }), 'without TLS')
  for (const sslmode of strict)
    await t.rejects(
      write(t, { sslmode, sslrootcert: root }),
      { name: 'StoreError', message: /does not support SSL/ },
      `${sslmode}: nothing is sent in the clear`
    )

  await server.encrypt(own)
  for (const sslmode of strict) {
    t.ok(await write(t, { sslmode, sslrootcert: root }), sslmode)
    await t.rejects(
      write(t, { sslmode }),
      { name: 'StoreError', message: /self-signed certificate/ },
      `${sslmode}: nobody vouches for it`
    )
    await t.rejects(
      write(t, { sslmode, sslrootcert: stranger }),
      { name: 'StoreError', message: /self-signed certificate/ },
      `${sslmode}: somebody else is trusted`
    )
  }

  await server.encrypt(other)
  await t.rejects(
    write(t, { sslmode: 'verify-full', sslrootcert: stranger }),
    { name: 'StoreError', message: /does not match certificate's altnames/ },
    'the certificate is of another name'
  )
  await server.encrypt(expiredCertificate)
  await t.rejects(
    write(t, { sslmode: 'verify-full', sslrootcert: expired }),
    { name: 'StoreError', message: /certificate has expired/ },
    'the certificate has expired'
  )
})
