//! The owner's commands that change a feed's articles: each reads one as JSON, in the shape of `tidings parse`,
//! and prints one. What it printed is kept, so that it runs once for an article; what it prints is the
//! owner's tool's word about a stranger's text, and cleaned like that. A command that fails leaves the
//! article as it is.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::select::PassedOver;
use super::share::Share;
use crate::app::{App, Error};
use crate::model::{Entry, EntryKey};
use crate::process::{self, Script};
use crate::store::{AnswerKey, KeptAnswer};
use crate::text::one_line;

/// For all articles of an edition: what is not changed by then goes out as it is.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);
/// So many failures in a row say that it is the command, not the article.
const FAILURES: usize = 3;

/// Has the feeds' commands change what the edition shows.
pub(super) async fn run(
    app: &App,
    shares: &mut [Share],
    deadline: Instant,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    for share in shares {
        let Some(command) = app.config.feed(&share.feed.id).and_then(|settings| settings.command.clone())
        else {
            continue;
        };
        let (mut dropped, mut failures) = (HashSet::new(), 0);
        for stored in share.chosen.iter_mut().chain(&mut share.returned) {
            match changed(app, &command, &stored.entry, now, deadline, failures).await? {
                Changed::Entry(entry) => {
                    stored.entry = *entry;
                    failures = 0;
                }
                Changed::Dropped => {
                    dropped.insert(stored.entry.key);
                }
                Changed::Failed(why) => {
                    if failures == 0 {
                        tracing::warn!(feed = share.feed.id, "its filter leaves articles as they are: {why}");
                    }
                    failures += 1;
                }
                Changed::TooSlow => failures = FAILURES,
            }
        }
        drop_from(share, &dropped);
    }
    Ok(())
}

/// What the command prints nothing of is passed over.
fn drop_from(share: &mut Share, dropped: &HashSet<EntryKey>) {
    let is_dropped = |key: &EntryKey| dropped.contains(key);
    let chosen = std::mem::take(&mut share.chosen);
    let (gone, kept): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|s| is_dropped(&s.entry.key));
    share.chosen = kept;
    share.passed_over.extend(gone.into_iter().map(|stored| (stored, PassedOver::Filtered)));
    share.returned.retain(|s| !is_dropped(&s.entry.key));
}

enum Changed {
    Entry(Box<Entry>),
    Dropped,
    Failed(String),
    /// It was not asked, or not for long enough.
    TooSlow,
}

async fn changed(
    app: &App,
    command: &str,
    entry: &Entry,
    now: DateTime<Utc>,
    deadline: Instant,
    failures: usize,
) -> Result<Changed, Error> {
    let Ok(json) = serde_json::to_vec(entry) else {
        return Ok(Changed::Failed("it cannot be written as JSON".into()));
    };
    let key: AnswerKey = Sha256::new()
        .chain_update("filter\0")
        .chain_update(command)
        .chain_update([0])
        .chain_update(&json)
        .finalize()
        .into();
    let known = app.db.call(move |store| store.editor_answers(&[key])).await?.remove(&key);
    if let Some(KeptAnswer::Usable(printed)) = known {
        return Ok(read(&printed, entry));
    }
    let left = deadline.saturating_duration_since(Instant::now());
    if failures >= FAILURES || left.is_zero() || !app.has_time {
        return Ok(Changed::TooSlow);
    }
    let limits = &app.config.fetch.limits;
    let script = Script {
        text: command,
        arguments: &[],
        folder: app.config.path.parent().filter(|folder| !folder.as_os_str().is_empty()),
        input: json,
        hidden: &limits.secret_variables,
        time: limits.timeout.min(left),
        most_bytes: limits.max_bytes,
        leaves_children: false,
    };
    let printed = match process::run(script).await {
        Ok(ran) if ran.status.success() => String::from_utf8_lossy(&ran.stdout).into_owned(),
        Ok(ran) => {
            let said = one_line(&String::from_utf8_lossy(&ran.stderr), 200).map(|said| format!(": {said}"));
            return Ok(Changed::Failed(format!("it ended with {}{}", ran.status, said.unwrap_or_default())));
        }
        Err(e) => {
            tracing::warn!("the filter `{command}` leaves articles as they are: {e}");
            return Ok(Changed::TooSlow);
        }
    };
    let changed = read(&printed, entry);
    if !matches!(changed, Changed::Failed(_) | Changed::TooSlow) {
        app.db.call(move |store| store.keep_editor_answer(&key, &KeptAnswer::Usable(printed), now)).await?;
    }
    Ok(changed)
}

/// The entry with what was printed of it: `null` drops it, a key that is not there leaves it as it is.
fn read(printed: &str, entry: &Entry) -> Changed {
    let object = match serde_json::from_str::<Value>(printed.trim()) {
        Ok(Value::Null) => return Changed::Dropped,
        Ok(Value::Object(object)) => object,
        Ok(_) => return Changed::Failed("what it prints is no article, nor null".into()),
        Err(e) => return Changed::Failed(format!("what it prints is no JSON: {e}")),
    };
    let mut entry = entry.clone();
    let Entry { title, link, summary, content, image, .. } = &mut entry;
    for (key, value) in
        [("title", title), ("link", link), ("summary", summary), ("content", content), ("image", image)]
    {
        match object.get(key) {
            Some(Value::String(text)) => *value = Some(text.clone()),
            Some(Value::Null) => *value = None,
            Some(_) => return Changed::Failed(format!("its `{key}` is no string")),
            None => {}
        }
    }
    // What it wrote is not in the article's file.
    entry.original = None;
    Changed::Entry(Box::new(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_prints_replaces_what_it_names() {
        let entry = Entry {
            title: Some("Old".into()),
            content: Some("<p>Words</p>".into()),
            ..Entry::of(EntryKey([1; 16]))
        };
        let Changed::Entry(changed) = read("{\"title\": \"New\", \"id\": 7}", &entry) else { panic!() };
        assert_eq!((changed.title.as_deref(), &changed.content), (Some("New"), &entry.content));
        assert!(matches!(read("null\n", &entry), Changed::Dropped));
        for wrong in ["", "[]", "{\"title\": 7}", "New"] {
            assert!(matches!(read(wrong, &entry), Changed::Failed(_)), "{wrong}");
        }
    }
}
