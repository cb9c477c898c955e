//! What comes back: a report that a mail did not arrive, a complaint, a request to leave.
//! Anybody can write such a message, so it counts only if it shows that it is about a mail
//! of ours: by a token that nobody else knows. A request to leave is also accepted from the
//! reader's own address.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::bounces::record_bounce;
use crate::config::Config;
use crate::deliver::inbound::{self, Action, RecipientReport, Returned, What};
use crate::model::{RejectionKind, State, canonical};
use crate::store::{DeliveryRow, Error, Store};

/// What followed from a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Received {
    /// A mail came back.
    Bounced { address: String, why: String, suspended: bool },
    /// A reader wants no more of a digest.
    Left { address: String, digest: String },
    /// Nothing, and why.
    Ignored { why: String },
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bounced { address, why, suspended: true } => write!(f, "{address} is suspended: {why}"),
            Self::Bounced { address, why, suspended: false } => write!(f, "noted for {address}: {why}"),
            Self::Left { address, digest } => write!(f, "{address} has left {digest}"),
            Self::Ignored { why } => write!(f, "ignored: {why}"),
        }
    }
}

fn ignored(why: impl Into<String>) -> Received {
    Received::Ignored { why: why.into() }
}

/// Does what a message asks for. `delivered_to` is what the mail system says of its
/// addressee.
///
/// # Errors
/// When the store fails; then nothing was done.
pub fn process(
    config: &Config,
    store: &Store,
    message: &[u8],
    delivered_to: &[String],
    now: DateTime<Utc>,
) -> Result<Received, Error> {
    let Returned { addressed_to, what } = inbound::read(message);
    let addresses: Vec<&str> = delivered_to.iter().chain(&addressed_to).map(String::as_str).collect();
    let received = match what {
        What::Report(reports) => delivery_report(config, store, &addresses, &reports, now)?,
        What::Complaint { message_ids, senders, unsubscribe } => {
            let senders: Vec<&str> = senders.iter().map(String::as_str).chain(addresses).collect();
            complaint(config, store, &message_ids, &senders, &unsubscribe, now)?
        }
        What::Unsubscribe { words, from } => request(config, store, &words, from.as_deref(), now)?,
        What::Other(why) => ignored(why),
    };
    tracing::info!("{}", received.masked());
    Ok(received)
}

impl Received {
    /// As it may stand in a log.
    fn masked(&self) -> String {
        match self {
            Self::Bounced { suspended: true, .. } => "a mail came back; its mailbox is suspended".into(),
            Self::Bounced { why, .. } => {
                format!("a mail came back: {}", why.split('@').next().unwrap_or_default())
            }
            Self::Left { digest, .. } => format!("a reader has left {digest}"),
            Self::Ignored { why } => format!("ignored: {why}"),
        }
    }
}

fn delivery_of(config: &Config, store: &Store, addresses: &[&str]) -> Result<Option<DeliveryRow>, Error> {
    for token in addresses.iter().filter_map(|address| config.mail.bounce_token(address)) {
        if let Some(delivery) = store.delivery_by_bounce(&token)? {
            return Ok(Some(delivery));
        }
    }
    Ok(None)
}

fn delivery_report(
    config: &Config,
    store: &Store,
    addresses: &[&str],
    reports: &[RecipientReport],
    now: DateTime<Utc>,
) -> Result<Received, Error> {
    let Some(delivery) = delivery_of(config, store, addresses)? else {
        return Ok(ignored(
            "a report that is not addressed to a mail of ours, or about one that is forgotten",
        ));
    };
    let Some(report) = reports.iter().find(|report| report.action == Action::Failed) else {
        return Ok(ignored("a report of a mail that did not fail"));
    };
    let why = match (report.status, &report.diagnostic) {
        (_, Some(diagnostic)) => diagnostic.clone(),
        (Some(status), None) => status.to_string(),
        (None, None) => "it came back".into(),
    };
    if delivery.state == State::Bounced {
        return Ok(ignored("a second report of the same mail"));
    }
    store.record_returned(delivery.id, &why, now)?;
    let suspended = match report.rejection() {
        RejectionKind::Bounce(kind) => record_bounce(store, &delivery.address, kind, &why, now)?,
        // They mind the message or us; whoever they are.
        RejectionKind::Message | RejectionKind::Policy => false,
    };
    Ok(Received::Bounced { address: delivery.address, why, suspended })
}

fn complaint(
    config: &Config,
    store: &Store,
    message_ids: &[String],
    senders: &[&str],
    unsubscribe: &[String],
    now: DateTime<Utc>,
) -> Result<Received, Error> {
    let mut delivery = delivery_of(config, store, senders)?;
    for id in message_ids {
        if delivery.is_none() {
            delivery = store.delivery_by_message_id(&format!("<{}>", id.trim_matches(['<', '>'])))?;
        }
    }
    if let Some(delivery) = delivery {
        return leave_digest(store, &delivery.digest, &delivery.address, now);
    }
    for address in unsubscribe {
        let token = address.rsplit(['/', ' ', '=']).next().unwrap_or_default();
        let token = token.rsplit("%20").next().unwrap_or_default();
        if let Some(left) = leave_with(store, token, now)? {
            return Ok(left);
        }
    }
    Ok(ignored("a complaint about no mail of ours, or one that is forgotten"))
}

fn request(
    config: &Config,
    store: &Store,
    words: &str,
    from: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Received, Error> {
    if let Some(left) = leave_with(store, words, now)? {
        return Ok(left);
    }
    // The link in a mail's text is the same for all; who wrote is who leaves. Whoever forges
    // that only spares somebody a mail, and its owner sees who has left.
    let Some(from) = from else { return Ok(ignored("a request to leave that does not say of whom")) };
    let from = canonical(from);
    let is_named = config.recipients.iter().any(|r| r.is_called(&from));
    if !is_named && store.subscriptions_of(&from)?.is_empty() {
        return Ok(ignored("a request to leave by somebody who is no recipient"));
    }
    let digest = match (config.digests.iter().find(|d| d.id.eq_ignore_ascii_case(words)), words) {
        (Some(digest), _) => digest,
        (None, "") if config.digests.len() == 1 => match config.digests.first() {
            Some(only) => only,
            None => return Ok(ignored("a request to leave no digest")),
        },
        (None, _) => return Ok(ignored("a request to leave that names no digest of ours")),
    };
    leave_digest(store, &digest.id, &from, now)
}

fn leave_with(store: &Store, token: &str, now: DateTime<Utc>) -> Result<Option<Received>, Error> {
    let token = token.to_ascii_lowercase();
    let Some(subscription) = store.subscription(&token)? else { return Ok(None) };
    store.leave(&token, now)?;
    Ok(Some(Received::Left { address: subscription.address, digest: subscription.digest }))
}

fn leave_digest(store: &Store, digest: &str, address: &str, now: DateTime<Utc>) -> Result<Received, Error> {
    match store.subscription_of(digest, address)? {
        Some(token) => Ok(leave_with(store, &token, now)?
            .unwrap_or_else(|| ignored("a request to leave what was left long ago"))),
        None => Ok(ignored("a request to leave a digest that was never sent there")),
    }
}
