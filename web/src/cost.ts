// What the chain takes: a fee, and a deposit that comes back.

/**
 * What a transaction costs, in wei of DOT: the fee, which is gone, and the deposit for what it stores, which comes back when
 * that goes, and is below zero when it comes back now; `null` where nobody tells it apart, and it is in the fee.
 */
export interface Cost { fee: bigint; deposit: bigint | null }

/** Wei in a planck: DOT has ten decimals, and eighteen where Ethereum counts it. */
export const WEI_OF_A_PLANCK = 10n ** 8n;

/**
 * Fee and deposit of what a transaction takes together, as `sit order` tells them apart: a receipt and an estimate have one
 * sum, and the engine knows what the message stores.
 */
export function split(wei: bigint, depositPlanck: string | null): Cost {
  if (depositPlanck === null) return { fee: wei, deposit: null };
  const deposit = BigInt(depositPlanck) * WEI_OF_A_PLANCK;
  return { fee: wei > deposit ? wei - deposit : 0n, deposit };
}

/**
 * Gas of what a newcomer sends, and planck of deposit in addition, as the development chain has charged them: of steps that
 * nobody can estimate before those above them are done. A story holds them to what the steps cost then.
 */
const USUAL = { account: { gas: 3_800n, planck: 50_300_000n }, deposit: { gas: 2_900n, planck: 0n }, order: { gas: 2_100n, planck: 5_400_000n } } as const;

/** What a step costs about, at a price of gas in wei. */
export function usual(step: keyof typeof USUAL, price: bigint): Cost {
  const { gas, planck } = USUAL[step];
  return { fee: gas * price, deposit: planck * WEI_OF_A_PLANCK };
}
