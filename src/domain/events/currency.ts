/**
 * Active ISO 4217 currency codes (list one, January 2025) without funds and metals, by their number of minor digits: 2
 * unless listed apart.
 */
const TWO_DIGITS =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP ' +
  'CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES ' +
  'KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK ' +
  'NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB ' +
  'TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG'
const NO_DIGITS = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'
const THREE_DIGITS = 'BHD IQD JOD KWD LYD OMR TND'

const DIGITS: ReadonlyMap<string, number> = new Map(
  [NO_DIGITS, undefined, TWO_DIGITS, THREE_DIGITS].flatMap((codes, digits) =>
    (codes?.split(' ') ?? []).map((code) => [code, digits] as const),
  ),
)

/** Decimal digits of the currency's minor unit (`EUR` 2, `JPY` 0, `KWD` 3); undefined for what is no currency. */
export function minorDigits(currency: string): number | undefined {
  return DIGITS.get(currency)
}
