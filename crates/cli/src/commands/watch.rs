//! `sit watch MONTH`: book, trades, own orders and margin, live in the terminal.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui_core::backend::TestBackend;
use ratatui_core::layout::{Constraint, Layout, Rect};
use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::terminal::{Frame, Terminal};
use ratatui_core::text::{Line, Span};
use ratatui_crossterm::CrosstermBackend;
use ratatui_widgets::block::Block;
use ratatui_widgets::borders::Borders;
use ratatui_widgets::paragraph::Paragraph;
use sit_engine::clearing::limits::Limits;
use sit_engine::clearing::margin::Health;
use sit_engine::clearing::{Instrument, Order};
use sit_engine::units::{Lots, NetLots, QuoteAtoms, Seat, Seconds, Side, Ticks};
use sit_native::event::clearing::Filled;

use super::{markets, orders};
use crate::amount::{self, Sizes};
use crate::chain::{self, Book, Listed, Markets};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history;
use crate::output::{plain, say};
use crate::preview;
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Month, such as DEC26
    #[arg(default_value = "front")]
    month: String,
    /// Draw it once, as text, and end
    #[arg(long)]
    once: bool,
    /// Time between two looks at the chain
    #[arg(long, default_value = "1s")]
    every: String,
}

/// Blocks in which trades are looked for at first.
const BLOCKS: u64 = 300;

/// Trades that are kept.
const TRADES: usize = 64;

/// Prices of the book that are read on each side.
const DEPTH: usize = 24;

/// A trade as it is shown.
#[derive(Clone, Copy, Debug)]
struct Trade {
    block: u64,
    price: Ticks,
    lots: Lots,
    side: Side,
    own: bool,
}

/// All that is drawn.
#[derive(Clone, Debug, Default)]
struct Scene {
    name: String,
    sizes: Option<Sizes>,
    state: String,
    mark: Ticks,
    low: Ticks,
    high: Ticks,
    expiry: Seconds,
    open_interest: Lots,
    index: u32,
    block: u64,
    time: Seconds,
    book: Book,
    trades: VecDeque<Trade>,
    seat: Option<Seat>,
    net: NetLots,
    orders: Vec<(String, Order, Sizes)>,
    health: Option<Health>,
    liquidation: (Option<Ticks>, Option<Ticks>),
    trouble: Option<String>,
}

/// Watches until `q`, Esc or Ctrl-C.
///
/// # Errors
/// An unknown month; a node that does not answer at the start. Later failures are shown and tried again.
pub fn run(context: &Context, args: &Args) -> Result {
    let every = Duration::from_secs(amount::duration(&args.every)?.into());
    let mut session = Session::open(context)?;
    let now = session.now();
    let markets = Markets::read(&mut session.client)?;
    let mut instrument = markets.find(&args.month, now)?.month.instrument;
    let mut scene = Scene::default();
    look(&mut session, instrument, &mut scene)?;
    if args.once {
        let width = u16::try_from(context.output.width).unwrap_or(80);
        return say(&picture(&scene, width.max(40), 24));
    }
    if !std::io::stdout().is_terminal() || !context.output.for_people() {
        return Err(Failure::usage(
            "`sit watch` draws on a terminal: use --once for one picture, or `sit book` for programs",
        ));
    }
    let _screen = Screen::enter()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(std::io::stdout()))?;
    let mut looked = Instant::now();
    loop {
        terminal.draw(|frame| draw(frame, &scene))?;
        let wait = every.saturating_sub(looked.elapsed());
        if event::poll(wait)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => match key.code {
                    KeyCode::Char('q') | KeyCode::Esc => return Ok(()),
                    KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(()),
                    KeyCode::Left => instrument = beside(&markets, instrument, -1),
                    KeyCode::Right => instrument = beside(&markets, instrument, 1),
                    _ => continue,
                },
                Event::Resize(..) => continue,
                _ => continue,
            }
            scene = Scene { seat: scene.seat, ..Scene::default() };
        }
        looked = Instant::now();
        if let Err(failure) = session.refresh().and_then(|()| look(&mut session, instrument, &mut scene)) {
            scene.trouble = Some(failure.message);
        }
    }
}

/// The terminal as it is taken and given back, whatever happens.
struct Screen;

impl Screen {
    fn enter() -> Result<Self> {
        enable_raw_mode()?;
        crossterm::execute!(std::io::stdout(), EnterAlternateScreen)?;
        Ok(Self)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = crossterm::execute!(std::io::stdout(), LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

/// The month before or after another one.
fn beside(markets: &Markets, instrument: Instrument, step: isize) -> Instrument {
    let months: Vec<Instrument> = markets.months().map(|listed| listed.month.instrument).collect();
    let place = months.iter().position(|of| *of == instrument).unwrap_or(0);
    let next = place.saturating_add_signed(step).min(months.len().saturating_sub(1));
    months.get(next).copied().unwrap_or(instrument)
}

/// Reads all that is drawn.
fn look(session: &mut Session, instrument: Instrument, scene: &mut Scene) -> Result {
    let (now, head) = (session.now(), session.head.number);
    let markets = Markets::read(&mut session.client)?;
    let gone = || Failure::new(Kind::Usage, "the month has left the curve");
    let listed = markets.month(instrument).ok_or_else(gone)?;
    let curve = markets.curve(instrument).ok_or_else(gone)?;
    let market = chain::markets_of(&mut session.client, &[instrument])?.pop().flatten().ok_or_else(gone)?;
    let book = chain::book(&mut session.client, &listed.month, &market, now, DEPTH)?;
    let limits = Limits::today(curve, &listed.month, &market, now);
    let seat = session.seat_if_known()?;
    let (state, until) = markets::state(curve, &listed, &market, now);
    let from = if scene.block == 0 || scene.block > head { head.saturating_sub(BLOCKS) } else { scene.block + 1 };
    if scene.block > head {
        scene.trades.clear(); // blocks have been taken back
    }
    trades(session, instrument, from, seat, &mut scene.trades)?;
    scene.orders.clear();
    scene.health = None;
    if let Some(seat) = seat {
        let account = orders::account(session, seat)?;
        let own: Vec<(Listed, Order)> = orders::own(session, &markets, seat, &account)?;
        scene.orders = own
            .into_iter()
            .map(|(listed, order)| (chain::month_name(listed.month.expiry), order, listed.sizes()))
            .collect();
        scene.net = account.net(instrument);
        let mut state = session.client.state();
        let standing = sit_native::preview::standing(&mut state, seat);
        if let Some(failure) = state.failure() {
            return Err(failure.into());
        }
        if let Ok(standing) = standing {
            scene.health = Some(standing.health);
            let prices = standing.liquidation.iter().find(|(of, _)| *of == instrument).map(|(_, prices)| *prices);
            scene.liquidation = prices.map_or((None, None), |prices| (prices.below, prices.above));
        }
    }
    scene.name = listed.name();
    scene.sizes = Some(listed.sizes());
    scene.state = if until > now { format!("{state}, {} s to go", until.since(now)) } else { state.to_owned() };
    (scene.mark, scene.low, scene.high) = (listed.month.mark, limits.low, limits.high);
    (scene.expiry, scene.open_interest, scene.index) = (listed.month.expiry, market.open_interest, curve.index_price);
    (scene.block, scene.time, scene.book, scene.seat, scene.trouble) = (head, now, book, seat, None);
    Ok(())
}

fn trades(
    session: &mut Session,
    instrument: Instrument,
    from: u64,
    seat: Option<Seat>,
    kept: &mut VecDeque<Trade>,
) -> Result {
    let sample = Filled {
        instrument,
        taker: Seat(0),
        maker: Seat(0),
        side: Side::Buy,
        number: 0,
        price: Ticks(0),
        lots: Lots(0),
        taker_fee: 0,
        maker_fee: 0,
    };
    let topics = history::topics(&sample.into(), 2);
    for entry in history::logs(session, &topics, from)? {
        let Some(fill) = entry.event.read::<Filled>() else { continue };
        let own = seat.is_some_and(|seat| fill.taker == seat || fill.maker == seat);
        kept.push_front(Trade { block: entry.block, price: fill.price, lots: fill.lots, side: fill.side, own });
    }
    kept.truncate(TRADES);
    Ok(())
}

fn price(price: Ticks, sizes: Option<Sizes>) -> String {
    sizes.map_or_else(String::new, |sizes| amount::show_price(price, sizes))
}

/// Draws the scene. Sides differ by word as well as by colour.
fn draw(frame: &mut Frame<'_>, scene: &Scene) {
    let area = frame.area();
    let [head, body, margin, foot] =
        Layout::vertical([Constraint::Length(2), Constraint::Min(6), Constraint::Length(4), Constraint::Length(1)])
            .areas(area);
    let [left, right] = Layout::horizontal([Constraint::Percentage(48), Constraint::Min(20)]).areas(body);
    let [upper, lower] = Layout::vertical([Constraint::Percentage(55), Constraint::Min(3)]).areas(right);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let sizes = scene.sizes;
    let title = vec![
        Line::from(vec![
            Span::styled(scene.name.clone(), bold),
            Span::raw(format!("  mark {}  {}  OI {}", price(scene.mark, sizes), scene.state, scene.open_interest.0)),
        ]),
        Line::raw(format!(
            "index {}  limits {} - {}  last trading {}",
            amount::show_atoms(scene.index.into()),
            price(scene.low, sizes),
            price(scene.high, sizes),
            amount::show_time(scene.expiry)
        )),
    ];
    frame.render_widget(Paragraph::new(title), head);
    frame.render_widget(book_lines(scene, left), left);
    frame.render_widget(trade_lines(scene), upper);
    frame.render_widget(order_lines(scene), lower);
    frame.render_widget(margin_lines(scene, margin), margin);
    let keys = match &scene.trouble {
        Some(trouble) => {
            let said = format!("stale since block {}: {}", scene.block, plain(trouble));
            Line::styled(said, Style::new().fg(Color::Yellow))
        }
        None => Line::raw(format!("block {}  {}  ←/→ month  q quit", scene.block, amount::show_time(scene.time))),
    };
    frame.render_widget(Paragraph::new(keys), foot);
}

fn colour(side: Side) -> Style {
    Style::new().fg(if side == Side::Buy { Color::Blue } else { Color::LightRed })
}

fn framed(title: String) -> Block<'static> {
    Block::new().borders(Borders::TOP).title(title)
}

fn book_lines(scene: &Scene, area: Rect) -> Paragraph<'static> {
    let room = usize::from(area.height.saturating_sub(2)) / 2;
    let asks = scene.book.levels(Side::Sell, scene.seat);
    let bids = scene.book.levels(Side::Buy, scene.seat);
    let most = asks.iter().take(room).chain(bids.iter().take(room)).map(|level| level.lots.0).max().unwrap_or(1).max(1);
    let line = |side: Side, level: &chain::Level| {
        let bar = usize::try_from(u64::from(level.lots.0) * 8 / u64::from(most)).unwrap_or(0);
        let own = if level.own > Lots::ZERO { format!(" *{}", level.own.0) } else { String::new() };
        let word = if side == Side::Buy { "bid" } else { "ask" };
        let text =
            format!("{word} {:>9} {:>7} {:<8}{own}", price(level.price, scene.sizes), level.lots.0, "▒".repeat(bar));
        Line::styled(text, colour(side))
    };
    let mut lines: Vec<Line<'static>> = asks.iter().take(room).rev().map(|level| line(Side::Sell, level)).collect();
    let spread = match (scene.book.best(Side::Buy), scene.book.best(Side::Sell)) {
        (Some(bid), Some(ask)) => format!("    spread {} ticks", ask.0.saturating_sub(bid.0)),
        _ => "    one side is empty".to_owned(),
    };
    lines.push(Line::raw(spread));
    lines.extend(bids.iter().take(room).map(|level| line(Side::Buy, level)));
    Paragraph::new(lines).block(framed("book".to_owned()))
}

fn trade_lines(scene: &Scene) -> Paragraph<'static> {
    let line = |trade: &Trade| {
        let word = if trade.side == Side::Buy { "bought" } else { "sold" };
        let own = if trade.own { " *" } else { "" };
        let text =
            format!("{:<6} {:>9} {:>6}  {}{own}", word, price(trade.price, scene.sizes), trade.lots.0, trade.block);
        Line::styled(text, colour(trade.side))
    };
    let lines: Vec<Line<'static>> = if scene.trades.is_empty() {
        vec![Line::raw("no trade lately")]
    } else {
        scene.trades.iter().map(line).collect()
    };
    Paragraph::new(lines).block(framed("trades".to_owned()))
}

fn order_lines(scene: &Scene) -> Paragraph<'static> {
    let line = |(month, order, sizes): &(String, Order, Sizes)| {
        let word = super::order::side_name(order.side);
        let at = amount::show_price(order.price, *sizes);
        Line::styled(format!("#{} {month} {word} {} at {at}", order.number, order.lots.0), colour(order.side))
    };
    let lines: Vec<Line<'static>> = match (scene.seat, scene.orders.is_empty()) {
        (None, _) => vec![Line::raw("no account")],
        (_, true) => vec![Line::raw("no order rests")],
        _ => scene.orders.iter().map(line).collect(),
    };
    Paragraph::new(lines).block(framed(format!("own orders ({})", scene.orders.len())))
}

fn margin_lines(scene: &Scene, area: Rect) -> Paragraph<'static> {
    let Some(health) = &scene.health else {
        return Paragraph::new("").block(framed("margin".to_owned()));
    };
    let width = usize::from(area.width.saturating_sub(2)).max(10);
    let title = format!("margin, seat {}", scene.seat.map_or(0, |seat| seat.0));
    let or = |price: Option<Ticks>| {
        price.zip(scene.sizes).map_or_else(|| "none".to_owned(), |(price, sizes)| amount::show_price(price, sizes))
    };
    let figures = format!(
        "equity {}  initial {}  maintenance {}  free {}",
        amount::show_atoms(health.equity.0),
        amount::show_atoms(health.initial.0),
        amount::show_atoms(health.maintenance.0),
        amount::show_atoms(preview::free(health).0)
    );
    let position = format!(
        "position {:+} lots, liquidated at {} below or {} above",
        scene.net.0,
        or(scene.liquidation.0),
        or(scene.liquidation.1)
    );
    let style = if health.meets_initial() {
        Style::new()
    } else if health.meets_maintenance() {
        Style::new().fg(Color::Yellow)
    } else {
        Style::new().fg(Color::LightRed)
    };
    Paragraph::new(vec![Line::styled(bar(health, width), style), Line::raw(figures), Line::raw(position)])
        .block(framed(title))
}

/// Equity as a bar: `M` where maintenance margin ends, `I` where initial margin does.
fn bar(health: &Health, width: usize) -> String {
    let whole = health.equity.max(health.initial).max(QuoteAtoms(1));
    let place = |amount: QuoteAtoms| {
        let scaled = amount.max(QuoteAtoms::ZERO).0.saturating_mul(width as i128) / whole.0;
        usize::try_from(scaled).unwrap_or(0).min(width.saturating_sub(1))
    };
    let (equity, maintenance, initial) = (place(health.equity), place(health.maintenance), place(health.initial));
    let sign = |column: usize| match column {
        column if column == maintenance && health.maintenance > QuoteAtoms::ZERO => 'M',
        column if column == initial && health.initial > QuoteAtoms::ZERO => 'I',
        column if column <= equity && health.equity > QuoteAtoms::ZERO => '█',
        _ => '░',
    };
    (0..width).map(sign).collect()
}

/// The scene as text.
fn picture(scene: &Scene, width: u16, height: u16) -> String {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| draw(frame, scene));
    let buffer = terminal.backend().buffer();
    let line = |y: u16| -> String {
        let cells = (0..width).filter_map(|x| buffer.cell((x, y)));
        cells.map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned() + "\n"
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Standing;
    use sit_engine::units::TickValue;

    fn scene() -> Scene {
        let sizes = Sizes { tick_size: 1_000, tick_value: TickValue(100_000) };
        let order = |side, price, lots, seat| Standing {
            order: Order {
                side,
                price: Ticks(price),
                lots: Lots(lots),
                seat: Seat(seat),
                number: price,
                ..Order::default()
            },
            instrument: Instrument(0),
        };
        let book = Book {
            bids: (0..20).map(|n| order(Side::Buy, 2_620 - n, 10 + n, n % 3)).collect(),
            asks: (0..20).map(|n| order(Side::Sell, 2_630 + n, 10 + n, n % 3)).collect(),
        };
        let health = Health {
            equity: QuoteAtoms(10_000_000_000),
            initial_equity: QuoteAtoms(10_000_000_000),
            initial: QuoteAtoms(5_000_000_000),
            maintenance: QuoteAtoms(3_000_000_000),
            ..Health::default()
        };
        let trade = Trade { block: 100, price: Ticks(2_625), lots: Lots(3), side: Side::Sell, own: true };
        Scene {
            name: "TPI-DEC26".to_owned(),
            sizes: Some(sizes),
            state: "trading".to_owned(),
            mark: Ticks(2_625),
            book,
            trades: VecDeque::from(vec![trade; 20]),
            seat: Some(Seat(1)),
            net: NetLots(-5),
            orders: vec![(
                "DEC26".to_owned(),
                Order { number: 7, lots: Lots(5), price: Ticks(2_600), ..Order::default() },
                sizes,
            )],
            health: Some(health),
            liquidation: (None, Some(Ticks(3_100))),
            ..Scene::default()
        }
    }

    #[test]
    fn everything_stands_on_eighty_columns_and_twenty_four_lines() {
        let picture = picture(&scene(), 80, 24);
        for wanted in [
            "TPI-DEC26  mark 2.625  trading",
            "bid     2.620",
            "ask     2.630",
            "spread 10 ticks",
            "sold       2.625      3  100 *",
            "#7 DEC26 buy 5 at 2.600",
            "margin, seat 1",
            "equity 10000.00  initial 5000.00  maintenance 3000.00  free 5000.00",
            "position -5 lots, liquidated at none below or 3.100 above",
            "q quit",
        ] {
            assert!(picture.contains(wanted), "{wanted}\n{picture}");
        }
        assert_eq!(picture.lines().count(), 24);
        assert!(picture.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn any_terminal_is_large_enough_not_to_fall_over() {
        for (width, height) in [(1, 1), (10, 3), (40, 12), (300, 100)] {
            let _ = picture(&scene(), width, height);
            let _ = picture(&Scene::default(), width, height);
        }
    }

    #[test]
    fn a_node_that_is_gone_is_said() {
        let scene = Scene { trouble: Some("the node does not answer".to_owned()), block: 9, ..scene() };
        assert!(picture(&scene, 80, 24).contains("stale since block 9: the node does not answer"));
        // In its own words, by which it writes over nothing.
        let scene = Scene { trouble: Some("no\u{202e}\u{1b}[2J".to_owned()), ..scene };
        assert!(picture(&scene, 80, 24).contains("no\u{fffd}\u{fffd}[2J"));
    }

    #[test]
    fn the_bar_shows_where_margins_end() {
        let health = scene().health.expect("a health");
        assert_eq!(bar(&health, 10), "███M█I████");
        assert_eq!(bar(&Health::default(), 4), "░░░░");
    }
}
