import type { Trial } from './trial.ts'

/** Puts the way of calling functions into the settings of a person: `native` or `legacy`. */
async function callsFunctions({ openWebUi, admin }: Trial, way: string): Promise<void> {
  const path = '/api/v1/users/user/settings'
  const token = await admin.token()
  const settings = (await openWebUi.ask<{ ui?: object } | null>(token, 'GET', path)) ?? {}
  const ui = { ...settings.ui, params: { function_calling: way } }
  await openWebUi.ask(token, 'POST', `${path}/update`, { ...settings, ui })
}

/** Says it in a new chat in the prompt mode; returns what the model was given for its answer. */
export async function inPromptMode(
  trial: Trial,
  connection: string,
  said: string
): Promise<string> {
  const { admin, model } = trial
  await callsFunctions(trial, 'legacy')
  try {
    await admin.newChat([connection])
    await admin.asks(said, /Look at the source\./)
    return JSON.stringify(model.asked.at(-1)?.messages)
  } finally {
    await callsFunctions(trial, 'native')
  }
}
