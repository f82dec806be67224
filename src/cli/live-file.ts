import type { Mapping } from '../domain/events/mapping.ts'
import { parseLiveConfig, type LiveConfig } from '../live-config.ts'
import { loadMapping, readText } from './declarations.ts'

export interface LiveFile {
  readonly config: LiveConfig
  /** By input topic. */
  readonly mappings: ReadonlyMap<string, Mapping>
}

/** The config of a consumer on Kafka, with the mappings it names. */
export function readLiveFile(path: string): LiveFile {
  const config = parseLiveConfig(readText(path), path)
  const mappings = new Map<string, Mapping>()
  for (const { topic, mapping } of config.inputs)
    if (mapping !== undefined) mappings.set(topic, loadMapping(mapping))
  return { config, mappings }
}
