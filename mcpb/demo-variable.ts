/** Set to `true` by the switch of the bundle that asks for a simulated cluster. */
export const demoVariable = 'SCALE_BRIDGE_DEMO'
