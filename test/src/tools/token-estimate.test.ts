import { randomBytes, randomUUID } from 'node:crypto'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import t from 'tap'
import { estimateTokens, pieceTokens } from '../../../src/tools/token-estimate.ts'
import { startTestBridge } from '../../helper/bridge.ts'
import { readingCalls } from '../../helper/reading-calls.ts'

const times = (count: number, make: () => string, separator = '\n'): string =>
  Array.from({ length: count }, make).join(separator)

const mac = (): string => randomBytes(6).toString('hex').match(/../g)?.join(':') ?? ''

t.test('never below what answers cost, and not much above', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 200 } })
  let [estimated, real] = [0, 0]
  for (const { tool, args } of readingCalls(bridge))
    for (const accept of ['application/json', 'text/plain']) {
      const { text } = await bridge.call(tool, args, { accept })
      const tokens = encode(text).length
      const estimate = estimateTokens(text)
      t.ok(estimate >= tokens, `${tool} as ${accept}: ${estimate} for ${tokens}`)
      t.ok(estimate <= tokens * 1.4 + 5, `${tool} as ${accept}: not far above`)
      estimated += estimate
      real += tokens
    }
  const ratio = estimated / real
  t.comment(`${estimated} estimated for ${real}: ${ratio.toFixed(2)} times`)
  t.ok(ratio <= 1.3, `${ratio.toFixed(2)} times what they cost`)
})

t.test('what names and values can be made of', async (t) => {
  const umlauts =
    'Überwachungsserver für die Außenstelle Köln, täglich um 3 Uhr gesichert; zuständig: Jürgen Müßig'
  const texts: Record<string, string> = {
    'one uuid': randomUUID(),
    uuids: times(200, randomUUID),
    'uuids in capitals': times(200, () => randomUUID().toUpperCase(), ','),
    'MAC addresses': times(200, mac),
    'MAC addresses in capitals': times(200, () => mac().toUpperCase()),
    addresses: times(200, () => [...randomBytes(4)].join('.')),
    hex: randomBytes(2000).toString('hex'),
    base64: randomBytes(4000).toString('base64'),
    base64url: randomBytes(4000).toString('base64url'),
    numbers: times(200, () => String(randomBytes(6).readUIntBE(0, 6)), ','),
    times: times(100, () => new Date(randomBytes(5).readUIntBE(0, 5) * 2).toISOString()),
    German: umlauts,
    'German compounds':
      'Druckserver Lagerverwaltung Zeiterfassung Warenwirtschaft Sicherungskopie Fernwartung Anlagensteuerung',
    Polish: 'Zażółć gęślą jaźń serwer poczty główny węzeł',
    Russian: 'Сервер базы данных бухгалтерии, резервная копия каждую ночь',
    Japanese: 'データベースサーバー 東京本社 バックアップ',
    Chinese: '数据库服务器 备份 北京 总部 邮件',
    Arabic: 'خادم قاعدة البيانات',
    signs: '🚀 prod 👩‍💻 ✅ ❌ 🇩🇪',
    names: 'srv-pg-prd-01 dc01-fra WIN2K19-SQLSTD-07 k8s-wrk-03 DEFRAP01V-SAPHDB PLC_GW_LN4',
    marks: '§$%&/()=?`*~#+-_.:,;<>|^°!"\\{}[]@€',
    'JSON in JSON': JSON.stringify(JSON.stringify({ a: 'x\ny\t"z"', path: 'C:\\temp\\x' })),
    'a long description':
      'Application server of the billing department, moved here in May. '.repeat(40)
  }
  for (const [kind, text] of Object.entries(texts)) {
    const tokens = encode(text).length
    t.ok(estimateTokens(text) >= tokens, `${kind}: ${estimateTokens(text)} for ${tokens}`)
  }
  t.equal(estimateTokens(''), 0)
})

t.test('lines may be added up', async (t) => {
  const lines = Array.from({ length: 50 }, () => `\n${randomUUID()}\tweb-01\tRUNNING\t2\t4 GiB`)
  const sum = lines.reduce((total, line) => total + pieceTokens(line), 0)
  t.ok(Math.abs(sum - pieceTokens(lines.join(''))) < 0.001)
})

t.test('it takes milliseconds', async (t) => {
  const text = times(
    5000,
    () => `{"uuid":"${randomUUID()}","name":"web-01","macAddress":"${mac()}"},`
  )
  const started = performance.now()
  estimateTokens(text)
  const ms = performance.now() - started
  t.comment(`${text.length} characters in ${ms.toFixed(0)} ms`)
  t.ok(ms < 500)
})
