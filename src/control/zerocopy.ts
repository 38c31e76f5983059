// The completion of sends with MSG_ZEROCOPY
import { SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_ZEROCOPY } from '../constants.js'
import { queued, readReport } from './error.js'

/** The sends with MSG_ZEROCOPY, counted from 0 and modulo 2³², that the kernel is done with. */
export interface ZerocopyReport {
  /** The number of the first of these sends. */
  first: number
  /** The number of the last of them. */
  last: number
  /** Whether the kernel had to copy after all. */
  copied: boolean
}

export const zerocopy = queued<ZerocopyReport>(data => {
  const report = readReport(data)
  if (report === undefined || report.origin !== SO_EE_ORIGIN_ZEROCOPY) return undefined
  return { first: report.info, last: report.data, copied: report.code === SO_EE_CODE_ZEROCOPY_COPIED }
})
