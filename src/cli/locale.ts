import { Option } from 'commander'

export function localeOption(): Option {
  return new Option('--locale <locale>', 'language of names and reasons').choices(['en', 'fr'])
}
