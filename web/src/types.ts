// What the engine answers (crates/wasm/src/answers.rs). Amounts in atoms and points are decimal strings.

import type { Hex } from './rpc';

export interface Refusal { error: string; sentence: string }

/** The plan of a hedge: SIT and lots by month of use, and orders by contract. Months are `2026-12`. */
export interface HedgePlan {
  source: string; rows: number; first: string; last: string; models: string[]; tokens_in: string; tokens_out: string; cost_atoms: string | null;
  growth_bps: number; sit: string;
  months: { month: string; sit: string; lots: string; contract: string | null }[];
  orders: { month: string; lots: string }[];
}

/** What accounts would owe beyond their own equity after a jump of all marks, and the two largest of them. */
export interface Stress { shift_bps: number; accounts: number; owed_atoms: string; two_atoms: string }

/** US dollars with two decimals, as text. */
export interface Band { p5: string; p50: string; p95: string }

/** The bill of a plan without and with the hedge, and the cash that it needs at its worst: at the end and by month. */
export interface HedgeBand {
  without: Band; with: Band; initial: string; margin: string; variation: string; cash: string;
  by_month: { month: string; without: Band; with: Band; margin: string; variation: string; cash: string }[];
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'error' in value;
}

export interface Terms {
  taker_fee_ppm: number; maker_fee_ppm: number; settlement_fee_ppm: number; price_limit_bps: number;
  position_limit_lots: number; open_interest_cap_lots: number; maker_spread_front_bps: number;
  maker_spread_back_bps: number; maker_lots: number;
}

/** `opens_at` of a book that opens with a settlement, whenever that comes: the engine's `WITH_THE_SETTLEMENT`. */
export const WITH_THE_SETTLEMENT = 0xffff_ffff;

export interface Month {
  instrument: number; serial: number; status: 'trading' | 'reduce-only' | 'settled'; epoch: number; expiry: number;
  tick_value_atoms: number; tick_size_atoms: number; lot_millions: number; settle_ticks: number; mark_ticks: number;
  slow_ticks: number; pull_ticks: number; anchor_ticks: number; slot: number | null; low_ticks: number; high_ticks: number;
  wide: boolean; opens_at: number; halted_until: number; open_interest_lots: number; last_ticks: number | null;
  last_at: number; final_ticks: number | null; pool_points: string; deficit_points: string; holders: number;
  allocating: boolean; listed: number; terms: Terms;
}

export interface Curve {
  product: number; round: number; index_day: number; index_price_atoms: string; session: boolean; next_session: number;
  print_due: boolean; holidays: number[]; validity: number;
  guard: { paused: number; since: number; doubt: number; red: boolean; keeps_risk_out: boolean }; months: Month[];
}

/** Price in ticks, lots, orders, own lots. */
export type Level = [number, number, number, number];

export interface Book { instrument: number; epoch: number; low_ticks: number; high_ticks: number; bids: Level[]; asks: Level[] }

export interface Health {
  initial_equity_atoms: string; equity_atoms: string; initial_atoms: string; maintenance_atoms: string;
  liquidation_end_atoms: string; notional_atoms: string; scenario: number; meets_initial: boolean; meets_maintenance: boolean;
}

export interface Standing {
  health: Health;
  liquidation: { instrument: number; below_ticks: number | null; above_ticks: number | null }[];
}

export interface Position {
  instrument: number; net_lots: number; basis_points: string; mark_ticks: number; settle_ticks: number; notional_atoms: string;
  variation_points: string; variation_atoms: string; bid_lots: number; ask_lots: number;
  liquidation_below_ticks: number | null; liquidation_above_ticks: number | null; settled: boolean;
}

export interface Trigger {
  slot: number; instrument: number; side: 'buy' | 'sell'; above: boolean; last: boolean; reduce_only: boolean;
  rests: boolean; price_ticks: number; limit_ticks: number; lots: number; expiry: number; fee_atoms: number;
}

export interface Account {
  seat: number; owner: Hex; cash_atoms: string; next_order: number; maker: boolean; tier: number; taker_share_bps: number;
  maker_share_bps: number; standing: Standing | Refusal; positions: Position[]; triggers: Trigger[];
  liquidation_since: number; now: number;
}

export interface Order {
  instrument: number; side: 'buy' | 'sell'; price_ticks: number; number: number; lots: number; expiry: number; reduce_only: boolean;
}

export interface EmittedEvent { name: string; fields: Record<string, number | string | boolean> }

export interface Preview {
  outcome: { answer: string[] } | Refusal;
  before: Standing | Refusal;
  after: Standing | Refusal;
  events: EmittedEvent[];
  /** The chain's deposit for what it stores, by the engine's count of cells and bytes; below zero when some comes back. */
  deposit_planck: string;
}

export interface Risk {
  maintenance_bps: number; liquidation_end_bps: number; surcharge_bps: number; buffer_bps: number; floor_bps: number;
  buffer_target_bps: number; refill_bps: number; size_lower_lots: number; size_upper_lots: number;
  open_interest_lower_bps: number; open_interest_upper_bps: number; shocks_bps: number[][]; grade: number;
  series: { observed: number; grade: number; sides: { exceeded: number; clustered: boolean }[] }[];
}

/** What the insurance fund has paid for a month, may pay for one default in it, and what nobody has paid there. */
export interface FundMonth { instrument: number; drawn_atoms: string; allowance_atoms: string; deficit_atoms: string }

export interface Ledger {
  months: FundMonth[];
  seats: number; deposits_atoms: string; withdrawals_atoms: string; custody_atoms: string; trading_atoms: string;
  fund_atoms: string; incentives_atoms: string; treasury_atoms: string; fund_share_bps: number; incentive_share_bps: number;
  fund_cap_bps: number; uncovered_atoms: string; balances: boolean; losses_are_bearable: boolean; hour_bps: number;
  hour_amount_atoms: string; day_bps: number; day_amount_atoms: string; stage: number;
}

export interface IndexReport {
  rules: Record<string, number>;
  basket: { version: number; scores: number[]; next_from: number; next_scores: number[] };
  last: { day: number; price_atoms: string; published_at: number } | null;
  pending: { day: number; price_atoms: string; since: number; validity: number } | null;
  sequence: number; probation: boolean; link: string;
  reporters: { place: number; address: Hex; submissions: number; misses: number; deviations: number }[];
  prints: [number, string][];
}

export type WhatIf = { shift_bps: number; health: Health | Refusal }[];
