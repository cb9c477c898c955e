//! `tidings editions`

use std::borrow::Cow;
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Common, Ending, Usage, block_on, clock, print, print_json, ready, report, stop_signal};
use crate::app::App;
use crate::app::dispatch::{When, dispatch};
use crate::app::publish::{queue_again, recipients_of};
use crate::config::{Config, Digest};
use crate::model::{Address, State};
use crate::render;
use crate::store::{EditionRow, Store};

#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// The last editions, and how many of their mails arrived
    List {
        /// Only of this digest
        digest: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 20, value_name = "N")]
        count: u32,
    },
    /// An edition as it was sent
    Show {
        /// Such as `morning/3`
        edition: String,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Send an edition again to everybody who did not get it, or to the addresses named
    Resend {
        /// Such as `morning/3`
        edition: String,
        /// To this recipient, who may have it already
        #[arg(long, value_name = "ADDRESS")]
        to: Vec<Address>,
        /// Act as if it were this time (RFC 3339)
        #[arg(long, value_name = "TIME", value_parser = super::time)]
        now: Option<DateTime<Utc>>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    Text,
    Html,
}

/// What an edition is called on the command line.
pub(super) fn name(digest: &str, number: i64) -> String {
    format!("{digest}/{number}")
}

#[derive(Serialize)]
struct Edition<'a> {
    edition: String,
    subject: &'a str,
    due: Option<DateTime<Utc>>,
    published: DateTime<Utc>,
    stories: usize,
    left_out: usize,
    delivered: usize,
    waiting: usize,
    held: usize,
    lost: usize,
    editor_requests: u64,
    editor_tokens: u64,
    editor_unusable: u64,
}

impl<'a> From<&'a EditionRow> for Edition<'a> {
    fn from(row: &'a EditionRow) -> Self {
        Self {
            edition: name(&row.digest, row.number),
            subject: &row.subject,
            due: row.due,
            published: row.published,
            stories: row.stories,
            left_out: row.left_out,
            delivered: row.delivered,
            waiting: row.waiting,
            held: row.held,
            lost: row.lost,
            editor_requests: row.editor.requests,
            editor_tokens: row.editor.tokens,
            editor_unusable: row.editor.unusable,
        }
    }
}

pub(super) fn run(common: &Common, action: &Action) -> anyhow::Result<Ending> {
    let config = common.load()?;
    match action {
        Action::List { digest, count } => list(common, &config, digest.as_deref(), *count),
        Action::Show { edition, format } => show(common, &config, edition, *format),
        Action::Resend { edition, to, now } => resend(common, config, edition, to, *now),
    }
}

fn list(common: &Common, config: &Config, digest: Option<&str>, count: u32) -> anyhow::Result<Ending> {
    let rows = Store::look_at(&config.database)?.editions(digest, count)?;
    // A digest that is no longer configured may have editions; a name that never was one has none.
    if rows.is_empty() {
        config.digests_named(digest).map_err(Usage)?;
    }
    let editions: Vec<Edition<'_>> = rows.iter().map(Edition::from).collect();
    if common.json {
        print_json(&editions)?;
        return Ok(Ending::Done);
    }
    if editions.is_empty() {
        print("no edition yet\n")?;
    }
    for edition in &editions {
        print(&format!(
            "{}  {}  {}  {}{}\n    {}\n",
            edition.edition,
            edition.published.format("%Y-%m-%d %H:%M UTC"),
            stories(edition.stories, edition.left_out),
            report::deliveries(edition.delivered, edition.waiting, edition.held, edition.lost),
            report::editor_use(edition.editor_requests, edition.editor_tokens),
            edition.subject,
        ))?;
    }
    Ok(Ending::Done)
}

/// `36 stories, 7 articles passed over for want of room`.
fn stories(stories: usize, left_out: usize) -> String {
    let mut words = report::count(stories, "story", "stories");
    if left_out > 0 {
        let articles = report::count(left_out, "article", "articles");
        words.push_str(&format!(", {articles} passed over for want of room"));
    }
    words
}

/// The edition that a person calls `morning/3`, or `3` where there is one digest.
fn find(config: &Config, store: &Store, name: &str) -> anyhow::Result<EditionRow> {
    let named = match (name.rsplit_once('/'), config.digests.as_slice()) {
        (Some((digest, number)), _) => Some((digest, number)),
        (None, [only]) => Some((only.id.as_str(), name)),
        (None, _) => None,
    };
    let number = named.and_then(|(digest, number)| Some((digest, number.parse().ok()?)));
    let Some((digest, number)) = number else {
        return Err(Usage(format!("`{name}` is not how an edition is called; such as `morning/3`")).into());
    };
    let found = store.edition_named(digest, number)?;
    found.ok_or_else(|| Usage(format!("there is no edition `{name}`; see `tidings editions list`")).into())
}

fn show(common: &Common, config: &Config, name: &str, format: Format) -> anyhow::Result<Ending> {
    let store = Store::look_at(&config.database)?;
    let row = find(config, &store, name)?;
    if common.json {
        print_json(&Edition::from(&row))?;
    } else if let Some(issue) = store.edition(row.id)? {
        print(&match format {
            Format::Text => issue.frozen.text,
            Format::Html => render::in_one_file(&issue.frozen),
        })?;
    }
    Ok(Ending::Done)
}

fn resend(
    common: &Common,
    config: Config,
    name: &str,
    to: &[Address],
    now: Option<DateTime<Utc>>,
) -> anyhow::Result<Ending> {
    ready(&config)?;
    let clock = clock(now);
    let mut store = Store::open(&config.database)?;
    let row = find(&config, &store, name)?;
    let recipients: Vec<_> = if to.is_empty() {
        let missed: HashSet<String> = store
            .deliveries_of(row.id)?
            .into_iter()
            .filter(|d| d.state != State::Delivered && d.state != State::Sending)
            .map(|d| d.address.to_lowercase())
            .collect();
        let everybody = recipients_of(&config, &store, Digest::base_of(&row.digest))?;
        everybody.into_iter().filter(|r| missed.contains(&r.email.as_str().to_lowercase())).collect()
    } else {
        let joined = recipients_of(&config, &store, Digest::base_of(&row.digest))?;
        let named = |address: &Address| {
            let everybody = config.recipients.iter().map(Cow::Borrowed).chain(joined.iter().cloned());
            everybody.into_iter().find(|r| r.is_called(address.as_str())).ok_or_else(|| {
                Usage(format!("{address} is no recipient; `tidings send --to {address}` sends a trial"))
            })
        };
        to.iter().map(named).collect::<Result<_, _>>()?
    };
    if recipients.is_empty() {
        print(&format!("everybody has {name}\n"))?;
        return Ok(Ending::Done);
    }
    let unwanted = queue_again(&config, &mut store, &row, &recipients, clock.now())?;
    for address in &unwanted {
        tracing::warn!("{address} gets nothing: it has left or is suspended, see `tidings recipients list`");
    }
    drop(store);
    let app = App::open(config)?;
    let dispatched =
        block_on(async { anyhow::Ok(dispatch(&app, When::Chosen, &clock, &stop_signal()?).await?) })?;
    let clean = dispatched.is_clean() && (to.is_empty() || unwanted.is_empty());
    if common.json {
        print_json(&dispatched)?;
    } else if common.reports(clean) {
        print(&report::dispatched(&dispatched))?;
    }
    Ok(if clean { Ending::Done } else { Ending::Failed })
}
