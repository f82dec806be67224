import { fail } from '../errors.ts'
import { openFolderView, openLiveView, type StateView } from '../state-view.ts'
import { readLiveFile } from './live-file.ts'
import type { Listener } from './send-command.ts'

/** The state of a run folder or of a consumer's config. Rejects with `usage` where not one of them is named. */
export async function openView({ state, config }: Listener, command: string): Promise<StateView> {
  if (state !== undefined && config === undefined) return openFolderView(state)
  if (config === undefined || state !== undefined)
    return fail('usage', `${command} needs either --state DIR or --config FILE`)
  const live = readLiveFile(config)
  return openLiveView(live.config, live.mappings)
}
