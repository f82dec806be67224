import type { Mapping } from '../domain/events/mapping.ts'
import type { ConfigLayers, Layered } from '../layered-config.ts'
import { layeredLiveConfig, type LiveConfig } from '../live-config.ts'
import { loadMapping, readText } from './declarations.ts'

export interface LiveFile {
  readonly config: LiveConfig
  /** By input topic. */
  readonly mappings: ReadonlyMap<string, Mapping>
}

/** The config of a consumer on Kafka: defaults ← file ← environment ← flags. */
export function readLayers(path: string, flags: ConfigLayers['flags'] = {}): Layered<LiveConfig> {
  return layeredLiveConfig({
    file: { text: readText(path), place: path },
    environment: process.env,
    readSecret: readText,
    flags,
  })
}

/** The same with the mappings it names. */
export function readLiveFile(path: string, flags: ConfigLayers['flags'] = {}): LiveFile {
  const { config } = readLayers(path, flags)
  const mappings = new Map<string, Mapping>()
  for (const { topic, mapping } of config.inputs)
    if (mapping !== undefined) mappings.set(topic, loadMapping(mapping))
  return { config, mappings }
}
