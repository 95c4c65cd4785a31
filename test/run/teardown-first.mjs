// Loaded before a test. tap removes the folder of a test before it runs the teardowns of that test, if the
// folder was created first: a bridge that still writes there made the removal fail, and neither it nor the
// cluster was closed then, so that the process never ended. With a teardown from the start, it is the
// other way round.
import t from 'tap'

t.beforeEach((each) => each.teardown(() => undefined))
