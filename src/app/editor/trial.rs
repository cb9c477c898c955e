//! What the model makes of one article, for whoever tries it out. Nothing is kept.

use std::time::Duration;

use chrono::DateTime;
use tokio::time::Instant;

use super::part;
use super::round::{Came, Endpoint, ask};
use crate::app::collect::read;
use crate::app::{App, Error};
use crate::article::{self, FeedBoilerplate};
use crate::editor::protocol::Dialect;
use crate::editor::{self, Kind, Unusable, Wishes};
use crate::fetch::Body;
use crate::model::{Article, ArticleFile, Content, Feed, Images, Source};

/// The default of a feed's `excerpt`.
const EXCERPT: usize = 200;

/// What it makes of one article.
pub struct Trial {
    pub what: Kind,
    /// What can be used, or why nothing can.
    pub result: Result<String, String>,
    /// As it came.
    pub answer: Option<String>,
    pub tokens: Option<u64>,
    pub time: Duration,
}

/// The article of a file: one of Markdown, or the first of a feed.
///
/// # Errors
/// Why there is none.
pub fn article_of(name: &str, bytes: Vec<u8>) -> Result<Article, String> {
    let body = if name.ends_with(".md") {
        Body::Articles(vec![ArticleFile { name: name.to_owned(), bytes }])
    } else {
        Body::Feed { bytes, content_type: None, base: None }
    };
    let parsed = read(&body)?;
    let entry = parsed.entries.first().ok_or("there is no article in it")?;
    let feed = Feed {
        id: name.to_owned(),
        name: None,
        source: Source::File(name.into()),
        section: None,
        first_run: 1,
        max_items: 1,
        content: Content::Full,
        excerpt: EXCERPT,
        remove: Vec::new(),
        cut_after: None,
        max_age: None,
    };
    let boilerplate = FeedBoilerplate::default();
    let (title, language) = (parsed.title.as_deref(), parsed.language.as_deref());
    Ok(article::read(entry, &feed, title, language, &boilerplate, Images::None, DateTime::UNIX_EPOCH))
}

/// Asks for all that an article may need, and keeps nothing.
///
/// # Errors
/// When there is no editor, or its key is not where the configuration says.
pub async fn try_out(app: &App, article: &Article, wishes: &Wishes) -> Result<Vec<Trial>, Error> {
    let no_editor = || Error::Setup("the configuration names no `[editor]`".into());
    let settings = app.config.editor.as_ref().ok_or_else(no_editor)?;
    let endpoint = Endpoint::of(settings).await.map_err(Error::Setup)?;
    let (mut trials, mut dialect) = (Vec::new(), Dialect::default());
    for task in part(article, wishes).tasks() {
        let begun = Instant::now();
        let (came, found) = ask(app, &endpoint, &task.prompt(), dialect, begun + endpoint.timeout).await;
        dialect = found;
        let time = begun.elapsed();
        let (result, answer, tokens) = match came {
            Came::Answer { text, is_cut_off: true, tokens } => {
                (Err(Unusable::CutOff.to_string()), Some(text), tokens)
            }
            Came::Answer { text, is_cut_off: false, tokens } => {
                let used = editor::check(task, &text, article::language_of).map_err(|why| why.to_string());
                (used, Some(text), tokens)
            }
            Came::Refused(why) | Came::Failed(why, _) => (Err(why), None, None),
        };
        trials.push(Trial { what: task.kind, result, answer, tokens, time });
    }
    Ok(trials)
}
