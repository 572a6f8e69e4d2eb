// Candles of trades, in UTC: pure, so that tests of them need no page.

export type Resolution = 60 | 300 | 900 | 3600 | 14400 | 86400;

export interface Candle { time: number; open: number; high: number; low: number; close: number; lots: number; trades: number; flat?: boolean }

/** Candles of trades, oldest first, in UTC; where nobody traded the last close goes on, marked as flat. */
export function candlesOf(found: { time: number; price: number; lots: number }[], resolution: Resolution): Candle[] {
  const candles: Candle[] = [];
  for (const trade of found) {
    const time = Math.floor(trade.time / resolution) * resolution;
    const last = candles[candles.length - 1];
    if (last && last.time === time) {
      last.high = Math.max(last.high, trade.price);
      last.low = Math.min(last.low, trade.price);
      last.close = trade.price;
      last.lots += trade.lots;
      last.trades += 1;
    } else {
      candles.push({ time, open: trade.price, high: trade.price, low: trade.price, close: trade.price, lots: trade.lots, trades: 1 });
    }
  }
  return filled(candles, resolution);
}

/** Candles with flat ones in the gaps; a gap of more than 500 stays one. */
export function filled(candles: Candle[], resolution: Resolution): Candle[] {
  const all: Candle[] = [];
  for (const candle of candles) {
    const before = all[all.length - 1];
    if (before && (candle.time - before.time) / resolution <= 500) {
      for (let time = before.time + resolution; time < candle.time; time += resolution) {
        const close = before.close;
        all.push({ time, open: close, high: close, low: close, close, lots: 0, trades: 0, flat: true });
      }
    }
    all.push(candle);
  }
  return all;
}
