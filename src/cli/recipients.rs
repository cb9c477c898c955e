//! `tidings recipients`

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::{Common, Ending, Usage, print, print_json, report};
use crate::app::lists::{TakenIn, take_in};
use crate::config::{Config, unknown_name};
use crate::model::{Address, Mailbox};
use crate::outbox::suppression::BY_HAND;
use crate::parse::mailing_list::{self, BadLine, Listed, mailing_list};
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
    /// Take somebody in who asked you for it
    Add {
        /// A mailbox, such as "Ada <ada@example.org>"
        mailbox: Mailbox,
        /// The digest they get
        #[arg(long)]
        digest: Option<String>,
    },
    /// Take in a list of another program (CSV of listmonk, Mailchimp, Substack, Buttondown, …), or a mailbox a line
    Import {
        /// The file; `-` reads standard input
        file: PathBuf,
        /// The digest they get
        #[arg(long)]
        digest: Option<String>,
    },
    /// Write everybody who joined, was taken in or has left, as CSV
    Export,
    /// What is known of one recipient, and how they came to be one
    Show {
        /// An address
        address: Address,
    },
    /// Erase all that is known of a person, and keep only that they are not to be written to (a hash)
    Forget {
        /// An address
        address: Address,
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
            let mut store = Store::open(&config.database)?;
            let address = address(&config, &store, recipient)?;
            store.transaction(|store| store.suppress(&address, BY_HAND, Utc::now()))?;
            print(&format!("{address} gets no more mails\n"))?;
            Ok(Ending::Done)
        }
        Action::Resume { recipient } => {
            let mut store = Store::open(&config.database)?;
            // Somebody who left may have gone from the configuration since.
            let known = address(&config, &store, recipient);
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
        Action::Add { mailbox, digest } => {
            let digest = one_digest(&config, digest.as_deref())?;
            let mut store = Store::open(&config.database)?;
            let listed = [Listed { mailbox: mailbox.clone(), left: false }];
            let taken = store.transaction(|store| {
                take_in(store, &digest, &listed, Vec::new(), "`recipients add`", Utc::now())
            })?;
            let address = &mailbox.address;
            let said = match taken {
                TakenIn { new: 1, .. } => format!("{address} gets {digest} from now on\n"),
                TakenIn { known: 1, .. } => format!("{address} gets {digest} already\n"),
                _ => {
                    return Err(Usage(format!(
                        "{address} has left or is not written to; `tidings recipients resume {address}` changes that"
                    ))
                    .into());
                }
            };
            print(&said)?;
            Ok(Ending::Done)
        }
        Action::Import { file, digest } => import(&config, file, digest.as_deref()),
        Action::Export => export(&config),
        Action::Show { address } => show(&config, address),
        Action::Forget { address } => {
            let mut store = Store::open(&config.database)?;
            let known = store.transaction(|store| store.forget(address.as_str(), Utc::now()))?;
            let is_named = config.recipients.iter().any(|known| known.is_called(address.as_str()));
            let said = if known { "nothing is known of them any more" } else { "nothing was known of them" };
            print(&format!("{said}, but that they are not to be written to\n"))?;
            if is_named {
                print(&format!("the configuration still names {address}; take them out of it\n"))?;
            }
            Ok(Ending::Done)
        }
    }
}

fn address(config: &Config, store: &Store, name: &str) -> anyhow::Result<String> {
    let joined = || {
        let known = store.subscriptions_of(name)?.into_iter().next();
        Ok::<_, crate::store::Error>(known.filter(|row| row.consent.is_some()).map(|row| row.address))
    };
    if let Some(recipient) = config.recipients.iter().find(|r| r.is_called(name)) {
        return Ok(recipient.email.to_string());
    }
    match joined()? {
        Some(address) => Ok(address),
        None => {
            let known = config.recipients.iter().map(|recipient| recipient.email.as_str());
            Err(Usage(unknown_name("recipient", name, known)).into())
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
    for joined in
        store.all_subscriptions()?.into_iter().filter(|row| row.consent.is_some() && row.left.is_none())
    {
        let reader = readers.at(&joined.address);
        reader.name = reader.name.take().or(joined.name);
        if !reader.digests.contains(&joined.digest) {
            reader.digests.push(joined.digest);
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

/// The digest of this name; without one, the only one that there is.
fn one_digest(config: &Config, name: Option<&str>) -> Result<String, Usage> {
    let digests = config.digests_named(name).map_err(Usage)?;
    match digests.as_slice() {
        [only] => Ok(only.id.clone()),
        several => {
            let ids: Vec<_> = several.iter().map(|digest| digest.id.as_str()).collect();
            Err(Usage(format!("--digest says which: {}", ids.join(", "))))
        }
    }
}

/// Larger lists are not read, bytes.
const MOST_BYTES: u64 = 256 << 20;

fn import(config: &Config, file: &Path, digest: Option<&str>) -> anyhow::Result<Ending> {
    let digest = one_digest(config, digest)?;
    let name = file.display();
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(MOST_BYTES).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {name}"))?;
    let (listed, bad) = mailing_list(&bytes).map_err(|why| Usage(format!("{name}: {why}")))?;
    let mut store = Store::open(&config.database)?;
    let source = format!("the list {name}");
    let taken = store.transaction(|store| take_in(store, &digest, &listed, bad, &source, Utc::now()))?;
    for BadLine { line, why } in &taken.bad {
        tracing::warn!("{name}, line {line}: {why}");
    }
    let mut said = vec![format!("{} new", taken.new)];
    let counts = [
        (taken.known, "known".to_owned()),
        (taken.left, "has left".into()),
        (taken.stays_away, "stays away".into()),
    ];
    said.extend(
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")),
    );
    if !taken.bad.is_empty() {
        said.push(format!("{} left out", report::count(taken.bad.len(), "line", "lines")));
    }
    print(&format!("{digest}: {}\n", said.join(", ")))?;
    Ok(if taken.bad.is_empty() { Ending::Done } else { Ending::Failed })
}

fn export(config: &Config) -> anyhow::Result<Ending> {
    let store = Store::look_at(&config.database)?;
    let rows = store.all_subscriptions()?;
    let suppressed: std::collections::HashSet<String> =
        store.suppressions()?.into_iter().map(|s| s.address.to_lowercase()).collect();
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let lines = rows.iter().filter(|row| row.consent.is_some() || row.left.is_some()).map(|row| {
        let status = match (row.left, suppressed.contains(&row.address.to_lowercase())) {
            (Some(_), _) => "unsubscribed",
            (None, true) => "suspended",
            (None, false) => "subscribed",
        };
        let consent = row.consent.as_ref();
        [
            row.address.clone(),
            row.name.clone().unwrap_or_default(),
            row.digest.clone(),
            status.into(),
            consent.map(|consent| consent.source.clone()).unwrap_or_default(),
            consent.map(|consent| time(consent.requested)).unwrap_or_default(),
            consent.map(|consent| time(consent.joined)).unwrap_or_default(),
        ]
    });
    let names = ["email", "name", "digest", "status", "source", "requested", "joined"].map(str::to_owned);
    print(&mailing_list::written(std::iter::once(names).chain(lines)))?;
    Ok(Ending::Done)
}

fn show(config: &Config, address: &Address) -> anyhow::Result<Ending> {
    let store = Store::look_at(&config.database)?;
    let minute = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let rows = store.subscriptions_of(address.as_str())?;
    let named: Vec<_> = config
        .digests
        .iter()
        .filter(|digest| config.recipients_of(digest).any(|known| known.is_called(address.as_str())))
        .filter(|digest| rows.iter().all(|row| row.digest != digest.id))
        .collect();
    if rows.is_empty() && named.is_empty() && store.suppression(address.as_str())?.is_none() {
        let erased = store.is_forgotten(address.as_str())?;
        let said = if erased { "was erased, and is not written to" } else { "is not known here" };
        print(&format!("{address} {said}\n"))?;
        return Ok(Ending::Failed);
    }
    print(&format!("{address}\n"))?;
    for digest in named {
        print(&format!("  {}  named by the configuration\n", digest.id))?;
    }
    for row in rows {
        let mut words = match &row.consent {
            Some(consent) => format!(
                "asked by {} on {}, confirmed on {}",
                consent.source,
                minute(consent.requested),
                minute(consent.joined)
            ),
            None => "named by the configuration".into(),
        };
        if let Some(left) = row.left {
            words.push_str(&format!("; has left on {}", minute(left)));
        }
        print(&format!("  {}  {words}\n", row.digest))?;
    }
    let preferences = store.preferences(address.as_str())?;
    if preferences.weekly {
        print("  one edition a week\n")?;
    }
    if let Some(until) = preferences.paused_until {
        print(&format!("  no mails until {}\n", minute(until)))?;
    }
    if let Some(suppression) = store.suppression(address.as_str())? {
        print(&format!("  suspended on {}: {}\n", minute(suppression.since), suppression.why))?;
    }
    Ok(Ending::Done)
}
