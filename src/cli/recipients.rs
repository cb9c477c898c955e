//! `tidings recipients`

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Common, Ending, Usage, print, print_json, report};
use crate::config::{Config, unknown_name};
use crate::outbox::suppression::BY_HAND;
use crate::store::Store;
use crate::text::columns;

/// Longer names have their own lines' ends.
const MOST_COLUMNS: usize = 44;

#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Every recipient, who has left which digest, and who is suspended, and why
    List,
    /// Write no more to a recipient until told otherwise
    Suspend {
        /// An address or id, as it stands in the configuration
        recipient: String,
    },
    /// Write again to somebody who left or was suspended
    Resume {
        /// An address or id, as it stands in the configuration
        recipient: String,
    },
}

#[derive(Serialize)]
struct RecipientRow {
    address: String,
    name: Option<String>,
    /// Those that it gets.
    digests: Vec<String>,
    /// Digests it has left, and when.
    left: Vec<Departure>,
    suspended: Option<Suspended>,
}

#[derive(Serialize)]
struct Departure {
    digest: String,
    since: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct Suspended {
    since: DateTime<Utc>,
    why: String,
}

pub(super) fn run(common: &Common, action: &Action) -> anyhow::Result<Ending> {
    let config = common.load()?;
    match action {
        Action::List => list(common, &config),
        Action::Suspend { recipient } => {
            let address = address(&config, recipient)?;
            let mut store = Store::open(&config.database)?;
            store.transaction(|store| store.suppress(&address, BY_HAND, Utc::now()))?;
            print(&format!("{address} gets no more mails\n"))?;
            Ok(Ending::Done)
        }
        Action::Resume { recipient } => {
            let mut store = Store::open(&config.database)?;
            // Somebody who left may have gone from the configuration since.
            let known = address(&config, recipient);
            let (address, is_known) = (known.as_deref().unwrap_or(recipient).to_owned(), known.is_ok());
            let resumed = store.transaction(|store| {
                Ok::<_, crate::store::Error>(store.unsuppress(&address)? | (store.resume(&address)? > 0))
            })?;
            if !resumed {
                print(&format!("{address} has neither left nor been suspended\n"))?;
                return Ok(Ending::Failed);
            }
            let then =
                if is_known { "gets its mails again" } else { "may get mails again, but is no recipient" };
            print(&format!("{address} {then}\n"))?;
            Ok(Ending::Done)
        }
    }
}

fn address(config: &Config, name: &str) -> Result<String, Usage> {
    match config.recipients.iter().find(|r| r.is_called(name)) {
        Some(recipient) => Ok(recipient.email.to_string()),
        None => {
            let known = config.recipients.iter().map(|recipient| recipient.email.as_str());
            Err(Usage(unknown_name("recipient", name, known)))
        }
    }
}

fn list(common: &Common, config: &Config) -> anyhow::Result<Ending> {
    let store = Store::look_at(&config.database)?;
    let mut readers = Readers::default();
    for recipient in &config.recipients {
        readers.at(recipient.email.as_str()).name = recipient.name.clone();
    }
    for digest in &config.digests {
        for recipient in config.recipients_of(digest) {
            readers.at(recipient.email.as_str()).digests.push(digest.id.clone());
        }
    }
    for departed in store.departed()? {
        let departure = Departure { digest: departed.digest, since: departed.left };
        let reader = readers.at(&departed.address);
        reader.digests.retain(|digest| *digest != departure.digest);
        reader.left.push(departure);
    }
    for suspension in store.suppressions()? {
        let suspended = Suspended { since: suspension.since, why: suspension.why };
        let reader = readers.at(&suspension.address);
        reader.digests.clear();
        reader.suspended = Some(suspended);
    }
    let readers = readers.all;
    if common.json {
        print_json(&readers)?;
        return Ok(Ending::Done);
    }
    let named = |reader: &RecipientRow| match &reader.name {
        Some(name) => format!("{name} <{}>", reader.address),
        None => reader.address.clone(),
    };
    let width = readers.iter().map(|reader| columns(&named(reader))).max().unwrap_or(0).min(MOST_COLUMNS);
    for reader in &readers {
        let line = format!("{}  {}", report::padded(&named(reader), width), reader.in_words());
        print(&format!("{}\n", line.trim_end()))?;
    }
    let writing = readers.iter().filter(|reader| !reader.digests.is_empty()).count();
    let total = report::count(readers.len(), "recipient", "recipients");
    print(&format!("{total}; mails go to {writing}\n"))?;
    Ok(Ending::Done)
}

/// In the order of the configuration; then who no longer stands in it.
#[derive(Default)]
struct Readers {
    all: Vec<RecipientRow>,
    /// By their addresses in small letters.
    places: HashMap<String, usize>,
}

impl Readers {
    fn at(&mut self, address: &str) -> &mut RecipientRow {
        let place = *self.places.entry(address.to_lowercase()).or_insert_with(|| {
            self.all.push(RecipientRow {
                address: address.to_owned(),
                name: None,
                digests: Vec::new(),
                left: Vec::new(),
                suspended: None,
            });
            self.all.len() - 1
        });
        &mut self.all[place]
    }
}

impl RecipientRow {
    fn in_words(&self) -> String {
        let day = |at: &DateTime<Utc>| at.format(" on %Y-%m-%d").to_string();
        let mut words = self.digests.join(", ");
        for Departure { digest, since } in &self.left {
            let when = since.as_ref().map(day).unwrap_or_default();
            words.push_str(&format!("{}has left {digest}{when}", if words.is_empty() { "" } else { "; " }));
        }
        if let Some(Suspended { since, why }) = &self.suspended {
            words.push_str(&format!(
                "{}suspended{}: {why}",
                if words.is_empty() { "" } else { "; " },
                day(since)
            ));
        }
        words
    }
}
