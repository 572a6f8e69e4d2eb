// Candles of a month with its marks, the index, own orders and both liquidation prices; or the whole curve.

import { computed, effect, signal } from '@preact/signals';
import {
  CandlestickSeries, ColorType, createChart, createSeriesMarkers, HistogramSeries, LineSeries, LineType, type AutoscaleInfo, type IChartApi, type IPriceLine, type ISeriesApi,
  type ISeriesMarkersPluginApi, type SeriesMarker, type Time, type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef } from 'preact/hooks';
import { count, decimal, indexPrice, percent, price, ratioBps } from '../amounts';
import { select, selected, snapshot, viewer } from '../chain';
import { dateOf, monthName, utc } from '../clock';
import { candlesOf, filled, type Candle, type Resolution } from '../candles';
import { happenings, historyFrom, trades } from '../history';
import { indexedCandles, indexState } from '../indexed';
import { entryPrice } from '../past';
import { colour, settings } from '../settings';
import { months, Panel, Segments, shownMonth, Tabs } from './parts';

const resolution = signal<Resolution>(60);
const shown = signal<'price' | 'curve'>('price');
/** Candles of the index for the month that is shown. */
const older = signal<{ instrument: number; resolution: Resolution; candles: Candle[] } | null>(null);

/** Whether an index answers, and has got to where the page's own logs begin: not how far it is, which changes with every look. */
const answers = computed((): 'no' | 'in part' | 'whole' => {
  const index = indexState.value;
  if (index.state === 'absent' || index.state === 'unknown') return 'no';
  return index.block >= (historyFrom.value ?? 0) ? 'whole' : 'in part';
});

effect(() => {
  const [instrument, wanted] = [selected.value, resolution.value];
  // What the page has read anew, or let go of its logs, begins elsewhere: the index's candles have to reach up to there.
  void historyFrom.value;
  if (instrument === null || answers.value === 'no') return;
  void indexedCandles(instrument, wanted).then((candles) => {
    if (candles && selected.peek() === instrument && resolution.peek() === wanted) older.value = { instrument, resolution: wanted, candles };
  });
});

/** When the running candle began: changes once in a candle, not with every block. */
const running = computed(() => Math.floor((snapshot.value?.time ?? 0) / resolution.value) * resolution.value);

/** Candles of the index up to where the chain's own logs begin, those of the logs from there, and flat ones up to now. */
const candlesNow = computed((): Candle[] => {
  const all = known();
  const last = all[all.length - 1];
  const now = running.value;
  return last && now > last.time
    ? filled([...all, { time: now, open: last.close, high: last.close, low: last.close, close: last.close, lots: 0, trades: 0, flat: true }], resolution.value)
    : all;
});
const candles = (): Candle[] => candlesNow.value;

function known(): Candle[] {
  const instrument = selected.value;
  const own = candlesOf(trades.value.filter((trade) => trade.instrument === instrument), resolution.value);
  const known = older.value;
  if (!known || known.instrument !== instrument || known.resolution !== resolution.value) return own;
  // The first candle of the logs may lack its beginning, which the index has.
  const from = own[1]?.time ?? own[0]?.time ?? Number.MAX_SAFE_INTEGER;
  return filled([...known.candles.filter((candle) => candle.time < from), ...own.filter((candle) => candle.time >= from && !candle.flat)], resolution.value);
}

export function ChartPanel() {
  const resolutions = [[60, '1m'], [300, '5m'], [900, '15m'], [3600, '1h'], [14400, '4h'], [86400, '1d']] as const;
  const head = (
    <>
      <Tabs label="Chart or curve" tabs={[['price', 'Price'], ['curve', 'Curve']] as const} value={shown.value} onChange={(value) => (shown.value = value)} />
      <span class="grow" />
      {shown.value === 'price' && <Segments<Resolution> class="compact" label="Length of a candle" value={resolution.value} options={resolutions} onChange={(value) => (resolution.value = value)} />}
    </>
  );
  return (
    <Panel id="chart" class="chart" head={head} live bare>
      {shown.value === 'price' ? <Chart /> : <div class="body"><Curve /></div>}
      {shown.value === 'price' && <Legend />}
    </Panel>
  );
}

function Legend() {
  const month = shownMonth();
  if (!month) return null;
  const size = month.tick_size_atoms;
  return (
    <p class="legend">
      <span><i style={{ color: 'var(--accent)' }} />Settlement mark {price(month.settle_ticks, size)}</span>
      <span><i class="dashed" style={{ color: 'var(--warn)' }} />Index {indexPrice(snapshot.value?.curve.index_price_atoms ?? '0', size)}</span>
      <span><i class="dashed" style={{ color: 'var(--muted)' }} />Day’s limits {price(month.low_ticks, size)} to {price(month.high_ticks, size)}</span>
      {ownNow.value !== '[]' && <span id="own-trades">Arrows: your trades, up what you bought, down what you sold</span>}
      <span>Times in UTC</span>
    </p>
  );
}

interface Drawn { chart: IChartApi; candles: ISeriesApi<'Candlestick'>; volume: ISeriesApi<'Histogram'>; mark: ISeriesApi<'Line'>; lines: IPriceLine[]; own: ISeriesMarkersPluginApi<Time> }

function Chart() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const chart = createChart(element, {
      autoSize: true,
      layout: { background: { type: ColorType.Solid, color: 'transparent' }, attributionLogo: false, fontSize: 12 },
      localization: { timeFormatter: (time: number) => utc(time) },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 4 },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.22 } },
    });
    const formatter = (ticks: number): string => {
      const month = shownMonth();
      return month ? price(Math.round(ticks), month.tick_size_atoms) : '';
    };
    const priceFormat = { type: 'custom' as const, formatter, minMove: 1 };
    const candlesticks = chart.addSeries(CandlestickSeries, { priceFormat, lastValueVisible: true, priceLineVisible: false });
    const drawn: Drawn = {
      chart,
      candles: candlesticks,
      own: createSeriesMarkers(candlesticks, []),
      volume: chart.addSeries(HistogramSeries, { priceScaleId: 'volume', priceFormat: { type: 'volume' }, lastValueVisible: false, priceLineVisible: false }),
      mark: chart.addSeries(LineSeries, { priceFormat, lineWidth: 1, lineType: LineType.WithSteps, lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false }),
      lines: [],
    };
    // Lines that are near what traded are always in sight; those far away would press the candles flat.
    drawn.candles.applyOptions({
      autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => {
        const info = original();
        if (!info?.priceRange) return info;
        const { minValue, maxValue } = info.priceRange;
        const near = (JSON.parse(linesNow.peek()) as Line[]).map((line) => line.price).filter((ticks) => ticks > minValue * 0.92 && ticks < maxValue * 1.08);
        return { ...info, priceRange: { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) } };
      },
    });
    chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    let fitted = '';
    const stops = [
      effect(() => paint(drawn)),
      effect(() => {
        data(drawn);
        const what = `${selected.value}.${resolution.value}`;
        if (fitted !== what && trades.value.length > 0) {
          fitted = what;
          const bars = candles().length;
          chart.timeScale().setVisibleLogicalRange({ from: bars - 90, to: bars + 4 });
        }
      }),
      effect(() => lines(drawn)),
      effect(() => own(drawn)),
    ];
    return () => {
      stops.forEach((stop) => stop());
      chart.remove();
    };
  }, []);
  const month = shownMonth();
  const all = candles();
  const last = all[all.length - 1];
  return (
    <div class="canvas" role="img" aria-label={month ? `Candles of ${monthName(month.expiry)}: ${last ? `the last closes at ${price(last.close, month.tick_size_atoms)} USD` : 'nobody has traded lately'}` : 'Candles'}>
      <div ref={place} />
      {all.length === 0 && <p class="nothing">Nobody has traded this month lately. Marks and your orders are drawn as lines.</p>}
    </div>
  );
}

function paint({ chart, candles: series, mark }: Drawn): void {
  void settings.value;
  const [buy, sell, line, muted, accent] = ['buy', 'sell', 'line', 'muted', 'accent'].map(colour) as [string, string, string, string, string];
  chart.applyOptions({
    layout: { textColor: muted, background: { type: ColorType.Solid, color: colour('panel') } },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line },
  });
  series.applyOptions({ upColor: buy, downColor: sell, borderUpColor: buy, borderDownColor: sell, wickUpColor: buy, wickDownColor: sell });
  mark.applyOptions({ color: accent });
}

/** The settlement mark that is shown, which changes once a day. */
const markNow = computed(() => shownMonth()?.settle_ticks ?? null);

function data({ candles: series, volume, mark }: Drawn): void {
  void settings.value;
  const instrument = selected.value;
  const all = candles();
  const flat = colour('strong');
  const [up, down] = [colour('buy-fill'), colour('sell-fill')];
  // What nobody traded at is drawn in another colour, and has no volume.
  series.setData(all.map((candle) => ({
    time: candle.time as UTCTimestamp, open: candle.open, high: candle.high, low: candle.low, close: candle.close,
    ...(candle.flat ? { color: flat, borderColor: flat, wickColor: flat } : {}),
  })));
  volume.setData(all.filter((candle) => candle.lots > 0).map((candle) => ({
    time: candle.time as UTCTimestamp, value: candle.lots, color: candle.close >= candle.open ? up : down,
  })));
  const points = new Map<number, number>();
  for (const { name, args, time } of happenings.value) {
    if (name === 'MarkSet' && args['instrument'] === instrument) points.set(Math.floor(time / resolution.value) * resolution.value, Number(args['mark']));
  }
  const first = all[0]?.time;
  const month = markNow.value;
  const times = [...points.entries()].filter(([time]) => first === undefined || time >= first);
  const last = all[all.length - 1]?.time;
  if (month !== null && last !== undefined && !points.has(last)) times.push([last, month]);
  if (month !== null && first !== undefined && times[0]?.[0] !== first && points.size === 0) times.unshift([first, month]);
  mark.setData(times.sort(([a], [b]) => a - b).map(([time, value]) => ({ time: time as UTCTimestamp, value })));
}

interface Line { price: number; title: string; color: string; dashed: boolean }

/** Lines of what is one's own, and of the index; one text, so that they are drawn again only when one of them changes. */
const linesNow = computed((): string => {
  const month = shownMonth();
  const now = snapshot.value;
  if (!month || !now) return '[]';
  const found: Line[] = [];
  const draw = (ticks: number, title: string, color: string, dashed: boolean): void => void found.push({ price: ticks, title, color, dashed });
  draw(Number(BigInt(now.curve.index_price_atoms) / BigInt(month.tick_size_atoms)), 'index', 'warn', true);
  for (const order of now.orders.filter((one) => one.instrument === month.instrument)) {
    draw(order.price_ticks, `${order.side === 'buy' ? 'bid' : 'ask'} ${order.lots}`, order.side, false);
  }
  const position = now.account?.positions.find((one) => one.instrument === month.instrument);
  const entry = position && position.net_lots !== 0 ? entryPrice(month.instrument) : null;
  if (entry !== null) draw(Number(entry) / 10_000, 'entry', 'muted', true);
  if (position?.liquidation_below_ticks) draw(position.liquidation_below_ticks, 'liq. below', 'bad', true);
  if (position?.liquidation_above_ticks) draw(position.liquidation_above_ticks, 'liq. above', 'bad', true);
  for (const trigger of now.account?.triggers.filter((one) => one.instrument === month.instrument) ?? []) {
    draw(trigger.price_ticks, `trigger ${trigger.side} ${trigger.lots}`, 'accent', true);
  }
  return JSON.stringify(found);
});

function lines(drawn: Drawn): void {
  void settings.value;
  for (const line of drawn.lines) drawn.candles.removePriceLine(line);
  drawn.lines = (JSON.parse(linesNow.value) as Line[]).map(({ price: ticks, title, color, dashed }) =>
    drawn.candles.createPriceLine({ price: ticks, title, color: colour(color), lineWidth: 1, lineStyle: dashed ? 2 : 0, axisLabelVisible: true }));
}

/** Own trades of the month by candle and side, one text, so that they are drawn again only when there is one more. */
const ownNow = computed((): string => {
  const seat = viewer.value?.seat;
  const found = new Set<string>();
  for (const trade of trades.value) {
    if (trade.instrument !== selected.value || seat === null || seat === undefined || (trade.taker !== seat && trade.maker !== seat)) continue;
    found.add(`${Math.floor(trade.time / resolution.value) * resolution.value}.${trade.buy === (trade.taker === seat) ? 'buy' : 'sell'}`);
  }
  return JSON.stringify([...found]);
});

/** Arrows at one's own trades: upwards below the candle for what was bought, downwards above it for what was sold. */
function own(drawn: Drawn): void {
  void settings.value;
  const markers = (JSON.parse(ownNow.value) as string[]).map((key): SeriesMarker<Time> => {
    const [time, side] = key.split('.') as [string, 'buy' | 'sell'];
    return {
      time: Number(time) as UTCTimestamp, color: colour(side),
      position: side === 'buy' ? 'belowBar' : 'aboveBar', shape: side === 'buy' ? 'arrowUp' : 'arrowDown',
    };
  });
  drawn.own.setMarkers(markers.sort((a, b) => Number(a.time) - Number(b.time)));
}

/** Marks by expiry, those before the last settlement, and the index at today. */
export function Curve() {
  const known = snapshot.value;
  const all = months().filter((month) => month.status !== 'settled');
  if (!known || all.length === 0) return <p class="nothing">No months are listed.</p>;
  const before = new Map<number, number>();
  for (const month of all) {
    const told = happenings.value.filter(({ name, args }) => name === 'MarkSet' && args['instrument'] === month.instrument);
    const previous = told[told.length - 2];
    if (previous) before.set(month.instrument, Number(previous.args['mark']));
  }
  const dollars = (month: (typeof all)[number], ticks: number): number => ticks * month.tick_size_atoms;
  const index = Number(known.curve.index_price_atoms);
  const values = [index, ...all.flatMap((month) => [dollars(month, month.mark_ticks), ...(before.has(month.instrument) ? [dollars(month, before.get(month.instrument) ?? 0)] : [])])];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(1, (high - low) * 0.12);
  const last = all[all.length - 1]?.expiry ?? known.time + 1;
  const [W, H] = [720, 220];
  const x = (time: number): number => 56 + ((time - known.time) / Math.max(1, last - known.time)) * (W - 96);
  const y = (value: number): number => H - 34 - ((value - low + margin) / (high - low + 2 * margin)) * (H - 54);
  const now = all.map((month) => `${x(month.expiry).toFixed(1)},${y(dollars(month, month.mark_ticks)).toFixed(1)}`);
  const then = all.filter((month) => before.has(month.instrument)).map((month) => `${x(month.expiry).toFixed(1)},${y(dollars(month, before.get(month.instrument) ?? 0)).toFixed(1)}`);
  const size = all[0]?.tick_size_atoms ?? 1;
  return (
    <>
      <svg class="curve" viewBox={`0 0 ${W} ${H}`} role="img" aria-label={`Curve: index ${indexPrice(known.curve.index_price_atoms, size)}, then ${all.map((month) => `${monthName(month.expiry)} ${price(month.mark_ticks, month.tick_size_atoms)}`).join(', ')}`}>
        {[0, 0.5, 1].map((part) => {
          const value = low + (high - low) * part;
          return <g key={part}><line x1="52" x2={W - 30} y1={y(value)} y2={y(value)} stroke="var(--line)" /><text x="46" y={y(value) + 4} text-anchor="end">{price(Math.round(value / size), size)}</text></g>;
        })}
        <polyline points={then.join(' ')} fill="none" stroke="var(--muted)" stroke-dasharray="4 4" />
        <polyline points={[`${x(known.time)},${y(index).toFixed(1)}`, ...now].join(' ')} fill="none" stroke="var(--accent)" stroke-width="2" />
        <circle cx={x(known.time)} cy={y(index)} r="4" fill="var(--warn)" />
        <text x={x(known.time)} y={H - 12} text-anchor="middle">index</text>
        {all.map((month, place) => (
          <g key={month.instrument}>
            <circle cx={x(month.expiry)} cy={y(dollars(month, month.mark_ticks))} r={month.instrument === selected.value ? 5.5 : 3.5} fill="var(--accent)" stroke="var(--panel)" stroke-width="1.5" />
            {place > 0 && (place % 2 === 1 || all.length < 8) && <text x={x(month.expiry)} y={H - 12} text-anchor="middle">{monthName(month.expiry)}</text>}
          </g>
        ))}
      </svg>
      <div class="scroll" tabIndex={0} role="group" aria-label="Months of the curve">
        <table class="table stack">
          <thead><tr><th scope="col">Month</th><th scope="col">Mark</th><th scope="col">Basis to the index</th><th scope="col">Spread to the month before</th><th scope="col">Open interest</th><th scope="col">Last trading time</th></tr></thead>
          <tbody>
            {all.map((month, place) => {
              const print = BigInt(known.curve.index_price_atoms);
              const basis = ratioBps(BigInt(month.mark_ticks) * BigInt(month.tick_size_atoms) - print, print);
              const previous = all[place - 1];
              return (
                <tr key={month.instrument}>
                  <td data-label="Month"><button type="button" class="button small" onClick={() => select(month.instrument)}>{monthName(month.expiry)}</button></td>
                  <td data-label="Mark">{price(month.mark_ticks, month.tick_size_atoms)}</td>
                  <td data-label="Basis">{basis === null ? '–' : percent(basis)}</td>
                  <td data-label="Spread">{previous ? `${decimal(BigInt(month.mark_ticks - previous.mark_ticks), 0)} ticks` : '–'}</td>
                  <td data-label="Open interest">{count(month.open_interest_lots)} lots</td>
                  <td data-label="Last trading time">{dateOf(month.expiry)} 16:00 UTC</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
