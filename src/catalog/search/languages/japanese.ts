/** What people say in Japanese, in the English words that the search knows. */
const meanings = new Map(
  Object.entries({
    一覧: 'list',
    表示: 'list',
    見せて: 'list',
    見る: 'list',
    確認: 'list',
    取得: 'get',
    教えて: 'list',
    再起動: 'reboot',
    一時停止: 'pause',
    シャットダウン: 'shutdown',
    作成: 'create',
    作る: 'create',
    作り: 'create',
    新しい: 'new',
    新規: 'new',
    追加: 'add',
    変更: 'change',
    編集: 'change',
    設定: 'set',
    削除: 'delete',
    消す: 'delete',
    取り外: 'delete',
    起動: 'start',
    開始: 'start',
    停止: 'stop',
    止める: 'stop',
    電源を切: 'stop',
    電源を入れ: 'start',
    ライブマイグレーション: 'live migrate',
    マイグレーション: 'migrate',
    移行: 'migrate',
    移動: 'migrate',
    クローン: 'clone',
    複製: 'clone',
    コピー: 'clone',
    スナップショットスケジュール: 'snapshot schedule',
    スナップショット: 'snapshot',
    スケジュール: 'schedule',
    仮想ディスク: 'virtual disk',
    物理ディスク: 'drive',
    ディスク: 'disk',
    ドライブ: 'drive',
    拡張: 'resize',
    大きく: 'resize',
    増やす: 'increase',
    増や: 'increase',
    サイズ: 'size',
    ネットワークカード: 'nic',
    ネットワークアダプタ: 'nic',
    ネットワークインターフェース: 'nic',
    ネットワーク: 'network',
    ユーザー: 'user',
    ユーザ: 'user',
    パスワード: 'password',
    ロール: 'role',
    権限: 'role',
    役割: 'role',
    ノード: 'node',
    リモートクラスター: 'remote cluster',
    リモートクラスタ: 'remote cluster',
    クラスター: 'cluster',
    クラスタ: 'cluster',
    タイムゾーン: 'time zone',
    時刻サーバー: 'time server',
    時刻: 'time',
    バックアップ: 'backup',
    復元: 'restore',
    リストア: 'restore',
    エクスポート: 'export',
    インポート: 'import',
    アップロード: 'upload',
    挿入: 'insert',
    取り出: 'eject',
    接続: 'attach',
    アタッチ: 'attach',
    レプリケーション: 'replication',
    レプリケート: 'replicate',
    タスク: 'task',
    ジョブ: 'task',
    警告: 'condition',
    アラート: 'alert',
    アラーム: 'condition',
    障害: 'condition',
    メールサーバー: 'mail server',
    メール: 'email',
    通知: 'alert',
    証明書: 'certificate',
    メモリー: 'memory',
    メモリ: 'memory',
    ストレージ: 'storage',
    容量: 'capacity',
    プロセッサ: 'cpu',
    仮想マシン: 'vm',
    仮想サーバー: 'vm',
    マシン: 'vm',
    アップデート: 'update',
    更新: 'update',
    適用: 'apply',
    インストール: 'install',
    ログイン: 'login',
    ログアウト: 'logout',
    状態: 'status',
    ステータス: 'status',
    統計: 'statistics',
    使用率: 'statistics',
    負荷: 'statistics',
    名前を変: 'rename',
    名前: 'name',
    すべて: 'all',
    全て: 'all',
    全: 'all',
    サーバー: 'server',
    実行中: 'running',
    稼働中: 'running',
    メンテナンス: 'maintenance',
    保守: 'maintenance',
    タグ: 'tag',
    ホスト名: 'hostname',
    ファイル: 'file',
    監視: 'monitoring'
  })
)

const isJapanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u
const maxLength = Math.max(...[...meanings.keys()].map((text) => text.length))

/**
 * A question with the Japanese words in English. It has no spaces: at each place the longest word of the
 * table is taken, and what is none of them, particles and endings, is left out.
 */
export function fromJapanese(given: string): string {
  if (!isJapanese.test(given)) return given
  const text = given.normalize('NFKC')
  const words: string[] = []
  for (let at = 0; at < text.length;) {
    let length = Math.min(maxLength, text.length - at)
    while (length > 0 && !meanings.has(text.slice(at, at + length))) length -= 1
    const english = meanings.get(text.slice(at, at + length))
    if (english === undefined) {
      const letter = text[at] ?? ''
      words.push(isJapanese.test(letter) || letter === 'ー' ? ' ' : letter)
      at += 1
    } else {
      words.push(` ${english} `)
      at += length
    }
  }
  // The verb comes last, where English has it first.
  return inEnglishOrder(words.join('').trim().split(/\s+/))
}

const verbs: ReadonlySet<string> = new Set(
  'list get create add change set delete reboot pause shutdown start stop migrate clone resize increase export import upload insert eject attach restore apply rename'.split(
    ' '
  )
)

function inEnglishOrder(words: readonly string[]): string {
  const at = words.findLastIndex((word) => verbs.has(word))
  const verb = words[at]
  return verb === undefined ? words.join(' ') : [verb, ...words.toSpliced(at, 1)].join(' ')
}
