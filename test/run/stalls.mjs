// Loaded before a test whose process is to stand still every now and then, as on a machine that is busy
// elsewhere: a test that counts on its own next step to come at once fails here. Each stands still for up to
// TEST_STALLS ms, for half of the time in all.
import { setTimeout } from 'node:timers'

const longest = Number(process.env.TEST_STALLS)
const never = new Int32Array(new SharedArrayBuffer(4))

function stallLater() {
  const stall = Math.random() * longest
  setTimeout(
    () => {
      Atomics.wait(never, 0, 0, stall)
      stallLater()
    },
    Math.random() * 2 * stall
  ).unref()
}
stallLater()
