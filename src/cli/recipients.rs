//! `tidings recipients`

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::{Common, Ending, Usage, print, print_json, report};
use crate::app::lists::{TakenIn, take_in};
use crate::config::{Config, unknown_name};
use crate::model::{Address, Mailbox, canonical};
use crate::outbox::suppression::BY_HAND;
use crate::parse::mailing_list::{self, BadLine, Listed, mailing_list};
use crate::store::{Store, SubscriptionRow};
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
    /// Nothing else is known of them: see `recipients forget`.
    erased: bool,
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
            let recipient = &canonical(recipient);
            let mut store = Store::open(&config.database)?;
            // Somebody who left may have gone from the configuration since.
            let known = address(&config, &store, recipient);
            let (address, is_known) = (known.as_deref().unwrap_or(recipient).to_owned(), known.is_ok());
            let resumed = store.transaction(|store| {
                let back =
                    [store.unsuppress(&address)?, store.resume(&address)? > 0, store.unforget(&address)?];
                Ok::<_, crate::store::Error>(back.contains(&true))
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
            let listed = [Listed::of(mailbox.clone())];
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
            match common.json {
                true => print_json(&Imported { digest, taken })?,
                false => print(&said)?,
            }
            Ok(Ending::Done)
        }
        Action::Import { file, digest } => import(common, &config, file, digest.as_deref()),
        Action::Export => export(&config),
        Action::Show { address } => show(common, &config, address),
        Action::Forget { address } => {
            let mut store = Store::open(&config.database)?;
            let known = store.transaction(|store| store.forget(address.as_str(), Utc::now()))?;
            let is_named = config.recipients.iter().any(|known| known.is_called(address.as_str()));
            let said = if known { "nothing is known of them any more" } else { "nothing was known of them" };
            print(&format!("{said}, but that they are not to be written to\n"))?;
            for copy in copies(&config.database) {
                tracing::warn!("{} is a copy from an upgrade, and still has them: delete it", copy.display());
            }
            if let Err(e) = store.scrub() {
                tracing::warn!(
                    "free pages of the database may still hold them: {e}; say `tidings recipients forget` once more \
                     when nothing else is at work"
                );
            }
            if is_named {
                print(&format!("the configuration still names {address}; take them out of it\n"))?;
            }
            Ok(Ending::Done)
        }
    }
}

/// The copies that were kept of a database when it was brought up to date.
fn copies(database: &Path) -> Vec<PathBuf> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    let beginning = format!("{name}.version-");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter(|file| file.file_name().to_string_lossy().starts_with(&beginning))
        .map(|file| file.path())
        .collect()
}

fn address(config: &Config, store: &Store, name: &str) -> anyhow::Result<String> {
    let name = &canonical(name);
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
    for reader in &mut readers.all {
        reader.erased = store.is_forgotten(&reader.address)?;
        if reader.erased {
            reader.digests.clear();
        }
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
                erased: false,
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
        if self.erased {
            words.push_str("erased, and not written to");
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

/// What became of a list, for one digest.
#[derive(Serialize)]
struct Imported {
    digest: String,
    #[serde(flatten)]
    taken: TakenIn,
}

fn import(common: &Common, config: &Config, file: &Path, digest: Option<&str>) -> anyhow::Result<Ending> {
    let name = file.display();
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(MOST_BYTES + 1).read_to_end(&mut bytes))
    };
    if read.with_context(|| format!("cannot read {name}"))? as u64 > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        return Err(Usage(format!("{name}: a list is at most {most} MB; divide it in several")).into());
    }
    let (listed, bad) = mailing_list(&bytes).map_err(|why| Usage(format!("{name}: {why}")))?;
    let lists = by_digest(config, listed, bad, digest)?;
    let mut store = Store::open(&config.database)?;
    let source = format!("the list {name}");
    let taken = store.transaction(|store| {
        let take = |(digest, (listed, bad)): (String, (Vec<Listed>, Vec<BadLine>))| {
            take_in(store, &digest, &listed, bad, &source, Utc::now()).map(|taken| Imported { digest, taken })
        };
        lists.into_iter().map(take).collect::<Result<Vec<_>, _>>()
    })?;
    let mut is_whole = true;
    for Imported { taken, .. } in &taken {
        for BadLine { line, why } in &taken.bad {
            is_whole = false;
            tracing::warn!("{name}, line {line}: {why}");
        }
    }
    if common.json {
        print_json(&taken)?;
    } else {
        taken.iter().try_for_each(|imported| print(&format!("{}\n", imported.in_words())))?;
    }
    Ok(if is_whole { Ending::Done } else { Ending::Failed })
}

type Lines = (Vec<Listed>, Vec<BadLine>);

/// The lines of a list for each digest. A list of ours says for which each is, and `wanted` which of them
/// are taken in; those of others are all for that one.
fn by_digest(
    config: &Config,
    listed: Vec<Listed>,
    bad: Vec<BadLine>,
    wanted: Option<&str>,
) -> anyhow::Result<BTreeMap<String, Lines>> {
    let mut lists: BTreeMap<String, Lines> = BTreeMap::new();
    if listed.iter().all(|listed| listed.digest.is_none()) {
        lists.insert(one_digest(config, wanted)?, (listed, bad));
        return Ok(lists);
    }
    let only = wanted.map(|name| one_digest(config, Some(name))).transpose()?;
    let first = only.clone().or_else(|| config.digests.first().map(|digest| digest.id.clone()));
    lists.insert(first.unwrap_or_default(), (Vec::new(), bad));
    for reader in listed {
        // Somebody who is suspended may have joined nothing.
        let named = match &reader.digest {
            Some(named) => named.clone(),
            None if reader.suspended => {
                config.digests.first().map(|digest| digest.id.clone()).unwrap_or_default()
            }
            None => String::new(),
        };
        if only.as_ref().is_some_and(|only| *only != named) {
            continue;
        }
        if config.digests.iter().any(|digest| digest.id == named) {
            lists.entry(named).or_default().0.push(reader);
        } else if let Some(mut first) = lists.first_entry() {
            let why = unknown_name("digest", &named, config.digests.iter().map(|digest| digest.id.as_str()));
            first.get_mut().1.push(BadLine { line: reader.line, why });
        }
    }
    Ok(lists)
}

impl Imported {
    fn in_words(&self) -> String {
        let Self { digest, taken } = self;
        let mut said = vec![format!("{} new", taken.new)];
        let counts = [
            (taken.known, "known".to_owned()),
            (taken.left, "has left".into()),
            (taken.stays_away, "stays away".into()),
        ];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        said.extend(some.map(|(count, words)| format!("{count} {words}")));
        if !taken.bad.is_empty() {
            said.push(format!("{} left out", report::count(taken.bad.len(), "line", "lines")));
        }
        format!("{digest}: {}", said.join(", "))
    }
}

fn export(config: &Config) -> anyhow::Result<Ending> {
    let store = Store::look_at(&config.database)?;
    let rows = store.all_subscriptions()?;
    let suppressed: BTreeSet<String> =
        store.suppressions()?.into_iter().map(|s| s.address.to_lowercase()).collect();
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let status = |address: &str, has_left: bool| match suppressed.contains(&address.to_lowercase()) {
        true => mailing_list::SUSPENDED,
        false if has_left => "unsubscribed",
        false => "subscribed",
    };
    let known = rows.iter().filter(|row| row.consent.is_some() || row.left.is_some()).map(|row| {
        let consent = row.consent.as_ref();
        [
            row.address.clone(),
            row.name.clone().unwrap_or_default(),
            row.digest.clone(),
            status(&row.address, row.left.is_some()).into(),
            consent.map(|consent| consent.source.clone()).or(row.left_by.clone()).unwrap_or_default(),
            consent.map(|consent| time(consent.requested)).unwrap_or_default(),
            consent.map(|consent| time(consent.joined)).unwrap_or_default(),
            row.left.map(time).unwrap_or_default(),
        ]
    });
    // Whom the configuration names, and nobody writes to.
    let listed: HashSet<String> = rows
        .iter()
        .filter(|row| row.consent.is_some() || row.left.is_some())
        .map(|row| row.address.to_lowercase())
        .collect();
    let others = suppressed.iter().filter(|address| !listed.contains(*address)).map(|address| {
        let (email, status) = (address.clone(), mailing_list::SUSPENDED.to_owned());
        let nothing = String::new;
        [email, nothing(), nothing(), status, nothing(), nothing(), nothing(), nothing()]
    });
    let lines = known.chain(others);
    let names = mailing_list::COLUMNS.map(str::to_owned);
    print(&mailing_list::written(std::iter::once(names).chain(lines)))?;
    Ok(Ending::Done)
}

/// What is known of one person.
#[derive(Serialize)]
struct Known {
    address: String,
    /// Digests for which the configuration alone names them.
    named: Vec<String>,
    digests: Vec<KnownDigest>,
    weekly: bool,
    paused_until: Option<DateTime<Utc>>,
    suspended: Option<Suspended>,
}

#[derive(Serialize)]
struct KnownDigest {
    digest: String,
    /// By which form, file or command; none where the configuration names them.
    source: Option<String>,
    requested: Option<DateTime<Utc>>,
    joined: Option<DateTime<Utc>>,
    left: Option<DateTime<Utc>>,
}

fn show(common: &Common, config: &Config, address: &Address) -> anyhow::Result<Ending> {
    let store = Store::look_at(&config.database)?;
    let rows = store.subscriptions_of(address.as_str())?;
    let named = config
        .digests
        .iter()
        .filter(|digest| config.recipients_of(digest).any(|known| known.is_called(address.as_str())))
        .filter(|digest| rows.iter().all(|row| row.digest != digest.id))
        .map(|digest| digest.id.clone());
    let suppression = store.suppression(address.as_str())?;
    let preferences = store.preferences(address.as_str())?;
    let known = Known {
        address: address.to_string(),
        named: named.collect(),
        digests: rows.into_iter().map(KnownDigest::from).collect(),
        weekly: preferences.weekly,
        paused_until: preferences.paused_until,
        suspended: suppression.map(|found| Suspended { since: found.since, why: found.why }),
    };
    let erased = store.is_forgotten(address.as_str())?;
    if erased || (known.digests.is_empty() && known.named.is_empty() && known.suspended.is_none()) {
        let said = if erased { "was erased, and is not written to" } else { "is not known here" };
        match common.json {
            true => print_json(&serde_json::Value::Null)?,
            false => print(&format!("{address} {said}\n"))?,
        }
        return Ok(Ending::Failed);
    }
    match common.json {
        true => print_json(&known)?,
        false => print(&known.in_words())?,
    }
    Ok(Ending::Done)
}

impl From<SubscriptionRow> for KnownDigest {
    fn from(row: SubscriptionRow) -> Self {
        let consent = row.consent;
        Self {
            digest: row.digest,
            requested: consent.as_ref().map(|consent| consent.requested),
            joined: consent.as_ref().map(|consent| consent.joined),
            source: consent.map(|consent| consent.source).or(row.left_by),
            left: row.left,
        }
    }
}

impl Known {
    fn in_words(&self) -> String {
        let minute = |at: &DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
        let mut words = format!("{}\n", self.address);
        for digest in &self.named {
            words.push_str(&format!("  {digest}  named by the configuration\n"));
        }
        for known in &self.digests {
            let how = match (&known.source, &known.requested, &known.joined) {
                (Some(source), Some(requested), Some(joined)) => {
                    format!("asked by {source} on {}, confirmed on {}", minute(requested), minute(joined))
                }
                (Some(source), ..) => format!("named by {source}"),
                (None, ..) => "named by the configuration".into(),
            };
            let left = known.left.as_ref().map(|left| format!("; has left on {}", minute(left)));
            words.push_str(&format!("  {}  {how}{}\n", known.digest, left.unwrap_or_default()));
        }
        if self.weekly {
            words.push_str("  one edition a week\n");
        }
        if let Some(until) = &self.paused_until {
            words.push_str(&format!("  no mails until {}\n", minute(until)));
        }
        if let Some(Suspended { since, why }) = &self.suspended {
            words.push_str(&format!("  suspended on {}: {why}\n", minute(since)));
        }
        words
    }
}
