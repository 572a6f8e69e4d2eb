//! The tables.
//!
//! ```text
//! raw       block, raw_transaction, raw_log, raw_terms,    what the chain said; the rest follows from them
//!           raw_arrival
//! rows      trade, order_event, account_event, mark, ...   one for each thing that happened; go with their block
//! states    instrument, candle, account, position, ...     as of the newest block; changes leave inverses in undo
//! worked    deposit                                        what the engine says of states that a node still has
//! own       meta, undo, alarm                              of this program, not of the chain
//! ```
//!
//! A row is named by (block, log, row): the log's index in its block, and a count of the rows that one log makes.
//! Amounts are 64-bit integers; what may be longer is decimal text. Booleans are 0 and 1, sides 0 buy and 1 sell.

/// Version of the tables; another one is rebuilt from the raw tables.
pub const VERSION: i64 = 2;

/// A table that follows from the raw ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in SQL.
    pub columns: &'static str,
    /// Its key; rows are compared and exported in its order.
    pub key: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a table holds, which decides how blocks are taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What the chain said.
    Raw,
    /// Rows that go with their block.
    Rows,
    /// States, whose changes are undone.
    States,
    /// What was worked out of old states, as far as a node has had them: goes with its block, follows from no other
    /// table, and may be fuller in one index of a chain than in another.
    Worked,
}

/// Every table but those of the program's own, in the order in which they are made.
pub const TABLES: &[Table] = &[
    raw(
        "block",
        "number INTEGER NOT NULL, hash BLOB NOT NULL, parent BLOB NOT NULL, time INTEGER NOT NULL, \
         transactions INTEGER NOT NULL",
        "number",
    ),
    raw(
        "raw_transaction",
        "block INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL, sender BLOB NOT NULL, recipient BLOB, \
         input BLOB NOT NULL, value TEXT NOT NULL, succeeded INTEGER NOT NULL, gas_used TEXT NOT NULL, \
         gas_price TEXT NOT NULL",
        "block, position",
    ),
    raw(
        "raw_log",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL, address BLOB NOT NULL, \
         topics BLOB NOT NULL, data BLOB NOT NULL",
        "block, log",
    ),
    raw(
        "raw_terms",
        "block INTEGER NOT NULL, instrument INTEGER NOT NULL, tick_value INTEGER NOT NULL, tick_size INTEGER NOT NULL",
        "block, instrument",
    ),
    raw(
        "raw_arrival",
        "block INTEGER NOT NULL, kind INTEGER NOT NULL, id INTEGER NOT NULL, cell BLOB NOT NULL",
        "block, kind, id",
    ),
    rows(
        "trade",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL, time INTEGER NOT NULL, \
         instrument INTEGER NOT NULL, side INTEGER NOT NULL, price INTEGER NOT NULL, lots INTEGER NOT NULL, \
         taker INTEGER NOT NULL, maker INTEGER NOT NULL, number INTEGER NOT NULL, taker_fee INTEGER NOT NULL, \
         maker_fee INTEGER NOT NULL, rebate INTEGER NOT NULL, liquidation INTEGER NOT NULL",
        "block, log",
    ),
    rows(
        "order_event",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, row INTEGER NOT NULL, position INTEGER NOT NULL, \
         time INTEGER NOT NULL, seat INTEGER NOT NULL, instrument INTEGER NOT NULL, kind TEXT NOT NULL, number INTEGER, \
         side INTEGER, price INTEGER, lots INTEGER, reason TEXT, slot INTEGER",
        "block, log, row",
    ),
    rows(
        "account_event",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, row INTEGER NOT NULL, position INTEGER NOT NULL, \
         time INTEGER NOT NULL, seat INTEGER NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL, \
         balance INTEGER NOT NULL, instrument INTEGER, counter INTEGER",
        "block, log, row",
    ),
    rows(
        "mark",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL, time INTEGER NOT NULL, \
         instrument INTEGER NOT NULL, round INTEGER NOT NULL, mark INTEGER NOT NULL, epoch INTEGER NOT NULL, \
         repriced INTEGER NOT NULL, final INTEGER NOT NULL",
        "block, log",
    ),
    rows(
        "settlement",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL, time INTEGER NOT NULL, \
         seat INTEGER NOT NULL, instrument INTEGER NOT NULL, paid INTEGER NOT NULL, unpaid INTEGER NOT NULL, \
         mark INTEGER NOT NULL",
        "block, log",
    ),
    rows(
        "position_day",
        "block INTEGER NOT NULL, day INTEGER NOT NULL, seat INTEGER NOT NULL, instrument INTEGER NOT NULL, \
         net INTEGER NOT NULL, basis INTEGER NOT NULL, mark INTEGER NOT NULL, cash INTEGER NOT NULL",
        "day, seat, instrument",
    ),
    rows(
        "liquidation",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, row INTEGER NOT NULL, position INTEGER NOT NULL, \
         time INTEGER NOT NULL, seat INTEGER NOT NULL, kind TEXT NOT NULL, other INTEGER, instrument INTEGER, \
         side INTEGER, price INTEGER, lots INTEGER, amount INTEGER, points INTEGER",
        "block, log, row",
    ),
    rows(
        "index_computed",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, id INTEGER NOT NULL, day INTEGER NOT NULL, \
         validity TEXT NOT NULL, price INTEGER NOT NULL, reporters INTEGER NOT NULL, providers INTEGER NOT NULL",
        "block, log",
    ),
    rows(
        "index_print",
        "block INTEGER NOT NULL, log INTEGER NOT NULL, position INTEGER NOT NULL, time INTEGER NOT NULL, \
         id INTEGER NOT NULL, day INTEGER NOT NULL, price INTEGER NOT NULL, sequence INTEGER NOT NULL",
        "block, log",
    ),
    states(
        "instrument",
        "instrument INTEGER NOT NULL, listed INTEGER NOT NULL, expiry INTEGER NOT NULL, tick_value INTEGER NOT NULL, \
         tick_size INTEGER NOT NULL, mark INTEGER NOT NULL, previous_mark INTEGER, round INTEGER NOT NULL, \
         mark_time INTEGER NOT NULL, epoch INTEGER NOT NULL, final_price INTEGER, last INTEGER, last_time INTEGER, \
         open_interest INTEGER NOT NULL, halted_until INTEGER",
        "instrument",
    ),
    states(
        "candle",
        "instrument INTEGER NOT NULL, resolution INTEGER NOT NULL, t INTEGER NOT NULL, open INTEGER NOT NULL, \
         high INTEGER NOT NULL, low INTEGER NOT NULL, close INTEGER NOT NULL, lots INTEGER NOT NULL, \
         points INTEGER NOT NULL, trades INTEGER NOT NULL, open_interest INTEGER NOT NULL, mark INTEGER NOT NULL",
        "instrument, resolution, t",
    ),
    states(
        "account",
        "seat INTEGER NOT NULL, owner BLOB NOT NULL, sub INTEGER NOT NULL, cash INTEGER NOT NULL, \
         tier INTEGER NOT NULL, maker INTEGER NOT NULL, liquidation INTEGER NOT NULL, opened INTEGER NOT NULL",
        "seat",
    ),
    states(
        "position",
        "seat INTEGER NOT NULL, instrument INTEGER NOT NULL, net INTEGER NOT NULL, basis INTEGER NOT NULL, \
         entry INTEGER NOT NULL, paid INTEGER NOT NULL, fees INTEGER NOT NULL",
        "seat, instrument",
    ),
    states(
        "resting",
        "instrument INTEGER NOT NULL, seat INTEGER NOT NULL, number INTEGER NOT NULL, side INTEGER NOT NULL, \
         price INTEGER NOT NULL, lots INTEGER NOT NULL, placed_lots INTEGER NOT NULL, placed_block INTEGER NOT NULL, \
         placed_time INTEGER NOT NULL",
        "instrument, seat, number",
    ),
    states(
        "trigger_order",
        "seat INTEGER NOT NULL, slot INTEGER NOT NULL, instrument INTEGER NOT NULL, price INTEGER NOT NULL, \
         lots INTEGER NOT NULL",
        "seat, slot",
    ),
    states(
        "delegate",
        "seat INTEGER NOT NULL, delegate BLOB NOT NULL, max_lots INTEGER NOT NULL, expiry INTEGER NOT NULL",
        "seat, delegate",
    ),
    states(
        "maker_week",
        "epoch INTEGER NOT NULL, seat INTEGER NOT NULL, score TEXT NOT NULL, counted TEXT NOT NULL, \
         uptime INTEGER NOT NULL, due INTEGER NOT NULL, volume INTEGER NOT NULL, adjusted TEXT, reward TEXT",
        "epoch, seat",
    ),
    states("maker_epoch", "epoch INTEGER NOT NULL, budget TEXT NOT NULL, closed INTEGER NOT NULL", "epoch"),
    states(
        "governance_action",
        "id INTEGER NOT NULL, state TEXT NOT NULL, class TEXT NOT NULL, target BLOB NOT NULL, call BLOB NOT NULL, \
         payload_hash BLOB NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, ready_at INTEGER, \
         approvals INTEGER NOT NULL, proposed INTEGER NOT NULL, changed INTEGER NOT NULL, \
         changed_time INTEGER NOT NULL",
        "id",
    ),
    worked("deposit", "block INTEGER NOT NULL, position INTEGER NOT NULL, planck INTEGER", "block, position"),
];

/// The program's own tables.
pub const OWN: &str = "
    CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS undo (seq INTEGER PRIMARY KEY, block INTEGER NOT NULL, inverse TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS undo_block ON undo (block);
    CREATE TABLE IF NOT EXISTS alarm (
        id INTEGER PRIMARY KEY, block INTEGER NOT NULL, hash BLOB NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL,
        UNIQUE (block, hash, kind, message)
    );
";

/// What is searched for besides the keys.
pub const INDICES: &str = "
    CREATE INDEX IF NOT EXISTS block_time ON block (time);
    CREATE INDEX IF NOT EXISTS transaction_sender ON raw_transaction (sender, block, position);
    CREATE INDEX IF NOT EXISTS trade_instrument ON trade (instrument, block, log);
    CREATE INDEX IF NOT EXISTS trade_taker ON trade (taker, block, log);
    CREATE INDEX IF NOT EXISTS trade_maker ON trade (maker, block, log);
    CREATE INDEX IF NOT EXISTS trade_taker_of ON trade (taker, instrument, block, log);
    CREATE INDEX IF NOT EXISTS trade_maker_of ON trade (maker, instrument, block, log);
    CREATE INDEX IF NOT EXISTS order_event_of ON order_event (seat, instrument, block, log, row);
    CREATE INDEX IF NOT EXISTS order_event_seat ON order_event (seat, block, log, row);
    CREATE INDEX IF NOT EXISTS account_event_seat ON account_event (seat, block, log, row);
    CREATE INDEX IF NOT EXISTS mark_instrument ON mark (instrument, block, log);
    CREATE INDEX IF NOT EXISTS settlement_seat ON settlement (seat, block, log);
    CREATE INDEX IF NOT EXISTS settlement_instrument ON settlement (instrument, block, log);
    CREATE INDEX IF NOT EXISTS position_day_block ON position_day (block);
    CREATE INDEX IF NOT EXISTS position_day_seat ON position_day (seat, day, instrument);
    CREATE INDEX IF NOT EXISTS liquidation_seat ON liquidation (seat, block, log, row);
    CREATE INDEX IF NOT EXISTS index_computed_day ON index_computed (id, day, block, log);
    CREATE INDEX IF NOT EXISTS index_print_id ON index_print (id, block, log);
    CREATE INDEX IF NOT EXISTS account_owner ON account (owner);
    CREATE INDEX IF NOT EXISTS delegate_delegate ON delegate (delegate);
    CREATE INDEX IF NOT EXISTS resting_seat ON resting (seat);
    CREATE INDEX IF NOT EXISTS position_instrument ON position (instrument);
    CREATE INDEX IF NOT EXISTS maker_week_seat ON maker_week (seat, epoch);
";

const fn raw(name: &'static str, columns: &'static str, key: &'static str) -> Table {
    Table { name, columns, key, kind: Kind::Raw }
}

const fn rows(name: &'static str, columns: &'static str, key: &'static str) -> Table {
    Table { name, columns, key, kind: Kind::Rows }
}

const fn states(name: &'static str, columns: &'static str, key: &'static str) -> Table {
    Table { name, columns, key, kind: Kind::States }
}

const fn worked(name: &'static str, columns: &'static str, key: &'static str) -> Table {
    Table { name, columns, key, kind: Kind::Worked }
}

impl Table {
    /// The table of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// The names of its columns.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.split(',').filter_map(|column| column.split_whitespace().next())
    }

    /// The statement that makes it.
    #[must_use]
    pub fn create(&self) -> String {
        let Self { name, columns, key, .. } = self;
        format!("CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID;")
    }

    /// The triggers that note the inverse of each change in `undo`, under the block that is being applied. They belong
    /// to one connection.
    #[must_use]
    pub fn triggers(&self) -> String {
        let name = self.name;
        let key = |row: &str| -> String {
            let same = |column: &str| format!("'{column} = ' || quote({row}.{column})");
            self.key.split(", ").map(same).collect::<Vec<_>>().join(" || ' AND ' || ")
        };
        let old = |before: &str| -> String {
            let value = |column: &str| format!("{before}quote(OLD.{column})");
            self.names().map(value).collect::<Vec<_>>().join(" || ', ' || ")
        };
        let set = self.names().map(|column| format!("'{column} = ' || quote(OLD.{column})")).collect::<Vec<_>>();
        let (set, values, new) = (set.join(" || ', ' || "), old(""), key("NEW"));
        let note = |verb: &str, inverse: String| {
            format!(
                "CREATE TEMP TRIGGER IF NOT EXISTS undo_{name}_{verb} AFTER {verb} ON main.{name} BEGIN \
                 INSERT INTO undo (block, inverse) VALUES ((SELECT number FROM applying), {inverse}); END;"
            )
        };
        [
            note("insert", format!("'DELETE FROM {name} WHERE ' || {new}")),
            note("update", format!("'UPDATE {name} SET ' || {set} || ' WHERE ' || {new}")),
            note("delete", format!("'INSERT INTO {name} VALUES (' || {values} || ')'")),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_knows_the_names_of_its_columns() {
        let names: Vec<&str> = Table::named("raw_terms").expect("it is there").names().collect();
        assert_eq!(names, ["block", "instrument", "tick_value", "tick_size"]);
        assert_eq!(Table::named("meta"), None);
    }
}
