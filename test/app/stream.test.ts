import { expect, test } from 'vitest'
import { Stream } from '../../src/app/stream.ts'
import { Stage } from './task/stage.ts'

test('a stream that is asked to end before it runs ends', async () => {
  const { ports, options } = new Stage().actor()
  const source = { ...ports.source, own: async () => {} }
  const stream = new Stream({ ...ports, source }, { optionsOf: () => options, endsWithInputs: false })
  stream.end()
  const { ended, heads } = await stream.run()
  expect([ended, heads.size]).toEqual(['asked', 0])
})
