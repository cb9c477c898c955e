//! `tidings outbox`

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::{Common, Ending, Usage, block_on, clock, deliver, print, print_json, ready, report, stop_signal};
use crate::app::App;
use crate::app::dispatch::When;
use crate::config::Config;
use crate::model::State;
use crate::store::{DeliveryRow, Selection, Store};

/// For how long what was lost is listed.
const LOST_FOR: Duration = Duration::days(7);

#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// The mails that wait, that are held, and that were lost in the last seven days
    List,
    /// Try what waits now; with names only these, even if they were given up or are held
    Retry {
        /// A delivery's number, or an address
        names: Vec<String>,
        /// Act as if it were this time (RFC 3339)
        #[arg(long, value_name = "TIME", value_parser = super::time)]
        now: Option<DateTime<Utc>>,
    },
    /// Take mails out of the outbox, for good; with names, lost ones too
    Drop {
        /// A delivery's number, or an address
        #[arg(required_unless_present = "all")]
        names: Vec<String>,
        /// Everything that waits or is held
        #[arg(long, conflicts_with = "names")]
        all: bool,
    },
}

#[derive(Serialize)]
struct Delivery<'a> {
    id: i64,
    edition: String,
    to: &'a str,
    state: State,
    attempts: u32,
    queued: DateTime<Utc>,
    /// When a waiting one is tried next; when another was settled.
    at: DateTime<Utc>,
    reply: Option<&'a str>,
}

impl<'a> From<&'a DeliveryRow> for Delivery<'a> {
    fn from(row: &'a DeliveryRow) -> Self {
        Self {
            id: row.id,
            edition: super::editions::name(&row.digest, row.number),
            to: &row.address,
            state: row.state,
            attempts: row.attempts,
            queued: row.queued,
            at: row.at,
            reply: row.reply.as_deref(),
        }
    }
}

pub(super) fn run(common: &Common, action: &Action) -> anyhow::Result<Ending> {
    let config = common.load()?;
    match action {
        Action::List => list(common, &config),
        Action::Retry { names, now } => retry(common, config, names, *now),
        Action::Drop { names, all } => drop_deliveries(&config, names, *all),
    }
}

fn list(common: &Common, config: &Config) -> anyhow::Result<Ending> {
    let store = Store::look_at(&config.database)?;
    let rows = store.unsettled(Utc::now() - LOST_FOR)?;
    let deliveries: Vec<Delivery<'_>> = rows.iter().map(Delivery::from).collect();
    if common.json {
        print_json(&deliveries)?;
        return Ok(Ending::Done);
    }
    if deliveries.is_empty() {
        print("the outbox is empty\n")?;
    }
    if let Some(outage) = store.relay_outage()? {
        let since = outage.since.format("%Y-%m-%d %H:%M UTC");
        print(&format!("no mail leaves since {since}: {}\n", outage.why))?;
    }
    for delivery in &deliveries {
        print(&line(delivery))?;
    }
    Ok(Ending::Done)
}

/// `17  morning/3  ada@example.org  deferred, next try 2026-11-22 07:31 UTC: 450 …`
fn line(delivery: &Delivery<'_>) -> String {
    let at = delivery.at.format("%Y-%m-%d %H:%M UTC");
    let state = match delivery.state {
        State::Pending => "waits".to_owned(),
        State::Sending => "being sent".to_owned(),
        State::Deferred => {
            format!("tried {}, next {at}", report::count(delivery.attempts as usize, "time", "times"))
        }
        State::Unknown => "held: it may have arrived; `retry` or `drop` it".to_owned(),
        other => format!("{} {at}", other.word()),
    };
    let reply = delivery.reply.map(|reply| format!(": {reply}")).unwrap_or_default();
    format!("{}  {}  {}  {state}{reply}\n", delivery.id, delivery.edition, delivery.to)
}

fn retry(
    common: &Common,
    config: Config,
    names: &[String],
    now: Option<DateTime<Utc>>,
) -> anyhow::Result<Ending> {
    ready(&config)?;
    let clock = clock(now);
    let now = clock.now();
    let mut store = Store::open(&config.database)?;
    for name in names {
        let selection = Selection::Named(name.clone());
        if store.transaction(|store| store.retry(&selection, now))? == 0 {
            return Err(Usage(format!(
                "nothing that could be tried again is called `{name}`; what was rejected goes out again by `tidings editions resend`"
            ))
            .into());
        }
    }
    drop(store);
    let when = if names.is_empty() { When::Now } else { When::Chosen };
    let app = App::open(config)?;
    let dispatched = block_on(async { deliver(&app, when, &clock, &stop_signal()?).await })?;
    let clean = dispatched.is_clean();
    if common.json {
        print_json(&dispatched)?;
    } else if common.reports(clean) {
        let is_idle = dispatched.attempts.is_empty() && dispatched.outage.is_none() && !dispatched.stopped;
        print(&if is_idle {
            "nothing waits in the outbox\n".into()
        } else {
            report::dispatched(&dispatched)
        })?;
    }
    Ok(if clean { Ending::Done } else { Ending::Failed })
}

fn drop_deliveries(config: &Config, names: &[String], all: bool) -> anyhow::Result<Ending> {
    let mut store = Store::open(&config.database)?;
    let mut selections: Vec<_> = names.iter().cloned().map(Selection::Named).collect();
    if all {
        selections.push(Selection::Outstanding);
    }
    let mut ending = Ending::Done;
    for selection in &selections {
        let dropped = store.transaction(|store| store.drop_deliveries(selection, Utc::now()))?;
        match selection {
            Selection::Named(name) if dropped == 0 => {
                tracing::error!(
                    "nothing that waits or was lost is called `{name}`; see `tidings outbox list`"
                );
                ending = Ending::Failed;
            }
            _ => print(&format!("{} dropped\n", report::count(dropped, "mail", "mails")))?,
        }
    }
    Ok(ending)
}
