//! What a language model writes into editions. [`write`] asks it, ahead of an edition and never in its way;
//! [`apply`] puts what was answered by then into an edition. Whatever becomes of the one, the other goes on
//! without it: an endpoint that is down, slow or talks nonsense costs an edition nothing.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use super::collect::read;
use super::draft::lay_out;
use super::progress::Step;
use super::{App, Clock, Error, off_thread};
use crate::article::{self, FeedBoilerplate};
use crate::config::{Config, Digest, Editor, is_loopback_name};
use crate::editor::protocol::{self, Dialect, Said};
use crate::editor::{self, Kind, Part, Prompt, Source, Summaries, Task, Translation, Unusable, Wishes};
use crate::fetch::{Body, Posted};
use crate::model::{
    Article, ArticleFile, BriefingSentence, Content, Edition, Feed, Images, Secret, Source as FeedSource,
    Story,
};
use crate::store::{self, AnswerKey, KeptAnswer, Store};
use crate::text::columns;

/// A larger answer is none to these questions.
const MOST_BYTES: usize = 1_000_000;
/// So many failures in a row are an outage.
const OUTAGE: usize = 3;
/// Between two attempts, where the server names no time.
const PAUSE: Duration = Duration::from_secs(2);
/// A server that asks to be left alone for longer is asked the next time.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Asked at once: a machine at home answers one after the other anyway.
const AT_ONCE: usize = 4;
/// Columns of a text for each token, where the server does not count them.
const COLUMNS_PER_TOKEN: usize = 3;

/// The default of a feed's `excerpt`.
const EXCERPT: usize = 200;

/// What came of asking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    pub requests: usize,
    pub tokens: u64,
    /// Answers that could not be used.
    pub unusable: usize,
    /// Why it is not all.
    pub stopped: Option<Stopped>,
}

/// Why not everything was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// There was no time left.
    Time,
    /// The tokens of the edition are spent.
    Budget,
    /// The server does not answer, or not as it should.
    Outage(String),
}

/// Whom to ask, and how.
#[derive(Clone)]
struct Endpoint {
    url: Url,
    model: String,
    key: Option<Secret>,
    timeout: Duration,
    at_once: usize,
}

impl Endpoint {
    async fn of(editor: &Editor) -> Result<Self, String> {
        let key = match &editor.key {
            Some(source) => Some(source.read().await?),
            None => None,
        };
        let is_here = editor.url.host_str().is_some_and(is_loopback_name);
        let at_once = if is_here { 1 } else { AT_ONCE };
        Ok(Self {
            url: editor.url.clone(),
            model: editor.model.clone(),
            key,
            timeout: editor.timeout,
            at_once,
        })
    }
}

/// An article of an edition, and what it needs.
struct Planned {
    part: Part,
    language: String,
}

/// The articles that are shown or named, those that lead stories first: how much of each may be written.
fn articles(edition: &Edition) -> impl Iterator<Item = (&Article, bool)> {
    let leads = edition.stories().map(|placed| (&placed.story.lead, true));
    let others = edition.stories().flat_map(|placed| &placed.story.others).map(|tie| (&tie.article, false));
    leads.chain(others).chain(edition.updated.iter().map(|update| (&update.article, false)))
}

/// The same, to be changed.
fn change_articles(edition: &mut Edition, mut change: impl FnMut(&mut Article, bool)) {
    let Edition { sections, updated, .. } = edition;
    let mut stories: Vec<&mut Story> = sections
        .iter_mut()
        .flat_map(|s| &mut s.stories)
        .map(|placed| Arc::make_mut(&mut placed.story))
        .collect();
    stories.iter_mut().for_each(|story| change(&mut story.lead, true));
    stories.iter_mut().flat_map(|story| &mut story.others).for_each(|tie| change(&mut tie.article, false));
    updated.iter_mut().for_each(|update| change(&mut update.article, false));
}

/// What each article of an edition needs.
fn plan(config: &Config, digest: &Digest, edition: &Edition) -> Vec<Option<Planned>> {
    let planned = |(article, is_lead): (&Article, bool)| {
        let mut wishes = config.wishes(digest, &article.feed, &edition.language)?;
        if !is_lead {
            // Its title is all that is shown.
            wishes.summaries = Summaries::Never;
            wishes.translation = wishes.translation.min(Translation::Titles);
        }
        Some(Planned { part: part(article, &wishes), language: wishes.language })
    };
    articles(edition).map(planned).collect()
}

fn part(article: &Article, wishes: &Wishes) -> Part {
    let is_whole = wishes.translation == Translation::Full;
    let segments = if is_whole { article::segments(article) } else { Vec::new() };
    editor::parts(article, wishes, &segments)
}

/// Puts into an edition what is known for it by now, and marks it. Nobody is asked.
///
/// # Errors
/// When the store fails.
pub(super) async fn apply(app: &App, digest: &Digest, mut whole: Edition) -> Result<Edition, Error> {
    let Some((settings, own)) = app.config.editor.as_ref().zip(digest.editor.as_ref()) else {
        return Ok(whole);
    };
    let (config, own_digest, model) = (Arc::clone(&app.config), digest.clone(), settings.model.clone());
    let planned = off_thread(move || {
        let planned = plan(&config, &own_digest, &whole);
        (whole, planned)
    });
    let planned = planned.await?;
    whole = planned.0;
    let planned = planned.1;
    let tasks = planned.iter().flatten().flat_map(|planned| planned.part.tasks());
    let keys: Vec<AnswerKey> = tasks.map(|task| task.key(&model)).collect();
    let (id, number, wants_briefing) = (digest.id.clone(), whole.number, own.briefing);
    let known = app.db.call(move |store| {
        let briefing = if wants_briefing { store.briefing(&id, number)? } else { None };
        Ok::<_, store::Error>((store.editor_answers(&keys)?, briefing))
    });
    let (known, briefing) = known.await?;
    off_thread(move || {
        let answer = |task: &Task| match known.get(&task.key(&model)) {
            Some(KeptAnswer::Usable(text)) => Some(text.clone()),
            Some(KeptAnswer::Unusable(_)) | None => None,
        };
        let mut planned = planned.into_iter();
        let mut is_written = false;
        change_articles(&mut whole, |article, _| {
            if let Some(Planned { part, language }) = planned.next().flatten() {
                is_written |= editor::apply(article, &part, &language, answer, article::replace_segments);
            }
        });
        // Each of its sentences leads to a story that is there.
        let is_there = |sentence: &BriefingSentence| {
            whole.stories().any(|placed| {
                placed.story.articles().any(|a| a.feed == sentence.feed && a.key == sentence.key)
            })
        };
        if let Some((_, sentences)) = briefing.filter(|(_, sentences)| sentences.iter().all(is_there)) {
            whole.briefing = sentences;
            is_written = true;
        }
        whole.written_by = is_written.then_some(model);
        whole
    })
    .await
}

/// How long and how eagerly to ask.
#[derive(Debug, Clone, Copy)]
pub struct Eagerness {
    /// No longer than this.
    pub patience: Duration,
    /// Whether a briefing is written, which is of use shortly before the edition alone.
    pub briefing: bool,
    /// Whether somebody wants it now, whatever failed before.
    pub is_wanted_now: bool,
}

/// Asks for what the digest's next edition needs and is not known yet.
///
/// # Errors
/// When the store fails. What the endpoint does is part of the result.
pub async fn write(
    app: &App,
    digest: &Digest,
    due: DateTime<Utc>,
    eagerness: Eagerness,
    clock: &Clock,
) -> Result<Written, Error> {
    let mut written = Written::default();
    let Some((settings, own)) = app.config.editor.as_ref().zip(digest.editor.as_ref()) else {
        return Ok(written);
    };
    let deadline = Instant::now() + eagerness.patience;
    let outage = app.db.call(|store| store.editor_outage()).await?;
    if let Some(outage) = outage.filter(|outage| outage.retry > clock.now() && !eagerness.is_wanted_now) {
        written.stopped = Some(Stopped::Outage(outage.why));
        return Ok(written);
    }
    let Some(whole) = lay_out(app, digest, due, clock).await?.map(|laid_out| laid_out.whole) else {
        return Ok(written);
    };
    let number = whole.number;
    let (config, own_digest, model) = (Arc::clone(&app.config), digest.clone(), settings.model.clone());
    let planned = off_thread(move || {
        let planned = plan(&config, &own_digest, &whole);
        (whole, planned)
    });
    let (whole, planned) = planned.await?;
    let mut seen = HashSet::new();
    let tasks = planned
        .into_iter()
        .flatten()
        .enumerate()
        .flat_map(|(i, planned)| planned.part.tasks().cloned().map(|task| (i, task)).collect::<Vec<_>>());
    let tasks: Vec<(usize, AnswerKey, Task)> =
        tasks.map(|(i, task)| (i, task.key(&model), task)).filter(|(_, key, _)| seen.insert(*key)).collect();
    let (id, keys) = (digest.id.clone(), tasks.iter().map(|(_, key, _)| *key).collect::<Vec<_>>());
    let (known, used) = app
        .db
        .call(move |store| {
            Ok::<_, store::Error>((store.editor_answers(&keys)?, store.editor_use(&id, number)?))
        })
        .await?;
    // Half a translated body is of no use.
    let is_lost = |(i, key, task): &(usize, AnswerKey, Task)| {
        (task.kind == Kind::Body && matches!(known.get(key), Some(KeptAnswer::Unusable(_)))).then_some(*i)
    };
    let lost: HashSet<usize> = tasks.iter().filter_map(is_lost).collect();
    let pending: VecDeque<_> = tasks.into_iter().filter(|(_, key, _)| !known.contains_key(key)).collect();
    let briefing = if own.briefing && eagerness.briefing {
        briefing_of(app, digest, &whole, &model).await?
    } else {
        None
    };
    if pending.is_empty() && briefing.is_none() {
        return Ok(written);
    }
    let endpoint = match Endpoint::of(settings).await {
        Ok(endpoint) => endpoint,
        Err(why) => {
            note_outage(app, &why, clock).await?;
            written.stopped = Some(Stopped::Outage(why));
            return Ok(written);
        }
    };
    let mut round = Round {
        app,
        edition: (digest.id.clone(), number),
        endpoint,
        most_tokens: own.max_tokens,
        used: used.tokens,
        deadline,
        dialect: Dialect::default(),
        refused: Vec::new(),
        streak: 0,
        clock,
        written,
    };
    round.ask_all(pending, lost).await?;
    if let Some(briefing) = briefing.filter(|_| round.written.stopped.is_none()) {
        round.ask_briefing(briefing).await?;
    }
    round.end().await
}

/// A briefing to be asked for.
struct Briefing {
    key: AnswerKey,
    sources: Vec<Source>,
    language: String,
}

/// What a briefing is asked of, if it is not known.
async fn briefing_of(
    app: &App,
    digest: &Digest,
    whole: &Edition,
    model: &str,
) -> Result<Option<Briefing>, Error> {
    let language = app.config.editor_language(digest, &whole.language);
    let source = |article: &Article| Source {
        feed: article.feed.clone(),
        key: article.key,
        language: article.language.clone(),
        title: article.title.clone(),
        text: article.text.clone(),
    };
    let sources: Vec<Source> =
        whole.stories().take(editor::BRIEFED).map(|placed| source(&placed.story.lead)).collect();
    if sources.len() < editor::SENTENCES {
        return Ok(None);
    }
    let key = editor::briefing_key(&sources, &language, model);
    let (id, number) = (digest.id.clone(), whole.number);
    let is_known = app.db.call(move |store| {
        let is_unusable = store.editor_answers(&[key])?.contains_key(&key);
        Ok::<_, store::Error>(
            is_unusable || store.briefing(&id, number)?.is_some_and(|(known, _)| known == key),
        )
    });
    Ok((!is_known.await?).then_some(Briefing { key, sources, language }))
}

/// One round of asking for an edition.
struct Round<'a> {
    app: &'a App,
    edition: (String, i64),
    endpoint: Endpoint,
    most_tokens: u64,
    /// Tokens of the edition.
    used: u64,
    deadline: Instant,
    dialect: Dialect,
    /// What the server refused, which may be for what it is or for what the server is.
    refused: Vec<(AnswerKey, String)>,
    /// Failures in a row.
    streak: usize,
    clock: &'a Clock,
    written: Written,
}

/// What a request came to.
enum Came {
    Answer {
        text: String,
        is_cut_off: bool,
        tokens: Option<u64>,
    },
    /// This text it does not take.
    Refused(String),
    /// For so long it asks to be left alone, if it says.
    Failed(String, Option<Duration>),
}

impl Round<'_> {
    async fn ask_all(
        &mut self,
        mut pending: VecDeque<(usize, AnswerKey, Task)>,
        mut lost: HashSet<usize>,
    ) -> Result<(), Error> {
        let mut asking = JoinSet::new();
        let (of, mut reserved, mut done) = (pending.len(), 0, 0);
        loop {
            while asking.len() < self.endpoint.at_once && self.written.stopped.is_none() {
                let Some((i, key, task)) = pending.pop_front() else { break };
                if task.kind == Kind::Body && lost.contains(&i) {
                    continue;
                }
                let prompt = task.prompt();
                let estimate = estimate(&prompt, &task.text);
                if !self.has_room(reserved + estimate) {
                    break;
                }
                reserved += estimate;
                let (app, endpoint, dialect, deadline) =
                    (self.app.clone(), self.endpoint.clone(), self.dialect, self.deadline);
                asking.spawn(async move {
                    let (came, dialect) = ask(&app, &endpoint, &prompt, dialect, deadline).await;
                    (i, key, task, estimate, came, dialect)
                });
            }
            let Some(asked) = asking.join_next().await else { break };
            let (i, key, task, estimate, came, dialect) = asked.map_err(|_| Error::Interrupted)?;
            reserved -= estimate;
            self.dialect = dialect;
            let checked = |text: &str| editor::check(&task, text, article::language_of);
            match self.take(&key, estimate, came, checked).await? {
                Taken::Answer(answer) => {
                    if task.kind == Kind::Body && answer.is_none() {
                        lost.insert(i);
                    }
                    if let Some(text) = answer {
                        self.keep(&key, KeptAnswer::Usable(text)).await?;
                    }
                }
                Taken::Again => pending.push_front((i, key, task)),
                Taken::Nothing => {}
            }
            done += 1;
            self.app.progress.at(Step::Written { done: done.min(of), of });
        }
        Ok(())
    }

    async fn ask_briefing(&mut self, briefing: Briefing) -> Result<(), Error> {
        let Briefing { key, sources, language } = briefing;
        let prompt = editor::briefing_prompt(&sources, &language);
        let estimate = estimate(&prompt, "");
        for _ in 0..OUTAGE {
            if !self.has_room(estimate) {
                return Ok(());
            }
            let (came, dialect) = ask(self.app, &self.endpoint, &prompt, self.dialect, self.deadline).await;
            self.dialect = dialect;
            let checked =
                |text: &str| editor::check_briefing(&sources, text, &language, article::language_of);
            match self.take(&key, estimate, came, checked).await? {
                Taken::Answer(Some(sentences)) => {
                    let (digest, number) = self.edition.clone();
                    let call = self
                        .app
                        .db
                        .call(move |store| store.keep_briefing((&digest, number), &key, &sentences));
                    return Ok(call.await?);
                }
                Taken::Again => {}
                Taken::Answer(None) | Taken::Nothing => return Ok(()),
            }
        }
        Ok(())
    }

    /// Whether so many more tokens may be asked for, and time is left.
    fn has_room(&mut self, tokens: u64) -> bool {
        if Instant::now() >= self.deadline {
            self.written.stopped = Some(Stopped::Time);
        } else if self.used + tokens > self.most_tokens {
            self.written.stopped = Some(Stopped::Budget);
        }
        self.written.stopped.is_none()
    }

    /// Counts what a request came to, and keeps why an answer is not used.
    async fn take<T>(
        &mut self,
        key: &AnswerKey,
        estimate: u64,
        came: Came,
        checked: impl FnOnce(&str) -> Result<T, Unusable>,
    ) -> Result<Taken<T>, Error> {
        match came {
            Came::Answer { text, is_cut_off, tokens } => {
                self.streak = 0;
                self.settle_refused().await?;
                let answer = if is_cut_off { Err(Unusable::CutOff) } else { checked(&text) };
                self.count(tokens.unwrap_or(estimate), answer.is_ok()).await?;
                match answer {
                    Ok(answer) => Ok(Taken::Answer(Some(answer))),
                    Err(why) => {
                        tracing::debug!(
                            digest = self.edition.0,
                            "an answer of the editor is not used: {why}"
                        );
                        self.keep(key, KeptAnswer::Unusable(why.to_string())).await?;
                        Ok(Taken::Answer(None))
                    }
                }
            }
            Came::Refused(why) => {
                self.count(0, false).await?;
                self.refused.push((*key, why.clone()));
                self.fail(why, None).await?;
                Ok(Taken::Nothing)
            }
            Came::Failed(why, wait) => {
                let is_over = Instant::now() >= self.deadline;
                if is_over {
                    self.written.stopped = Some(Stopped::Time);
                    return Ok(Taken::Nothing);
                }
                self.fail(why, wait).await?;
                Ok(if self.written.stopped.is_none() { Taken::Again } else { Taken::Nothing })
            }
        }
    }

    async fn fail(&mut self, why: String, wait: Option<Duration>) -> Result<(), Error> {
        self.streak += 1;
        let pause = wait.unwrap_or(PAUSE);
        let is_too_long = pause > LONGEST_PAUSE || Instant::now() + pause >= self.deadline;
        if self.streak >= OUTAGE || is_too_long {
            self.refused.clear();
            note_outage(self.app, &why, self.clock).await?;
            self.written.stopped = Some(Stopped::Outage(why));
        } else if self.refused.is_empty() {
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// The server answers others: what it refused is not to be had.
    async fn settle_refused(&mut self) -> Result<(), Error> {
        for (key, why) in std::mem::take(&mut self.refused) {
            self.keep(&key, KeptAnswer::Unusable(why)).await?;
        }
        Ok(())
    }

    async fn count(&mut self, tokens: u64, is_usable: bool) -> Result<(), Error> {
        self.written.requests += 1;
        self.written.tokens += tokens;
        self.written.unusable += usize::from(!is_usable);
        self.used += tokens;
        let (digest, number) = self.edition.clone();
        Ok(self.app.db.call(move |store| store.count_editor_use(&digest, number, tokens, is_usable)).await?)
    }

    async fn keep(&self, key: &AnswerKey, answer: KeptAnswer) -> Result<(), Error> {
        let (key, now) = (*key, self.clock.now());
        Ok(self.app.db.call(move |store| store.keep_editor_answer(&key, &answer, now)).await?)
    }

    async fn end(mut self) -> Result<Written, Error> {
        if !matches!(self.written.stopped, Some(Stopped::Outage(_))) && self.written.requests > 0 {
            self.settle_refused().await?;
            self.app.db.call(|store| store.end_editor_outage()).await?;
        }
        if self.written.stopped == Some(Stopped::Budget) {
            let ((digest, number), now) = (self.edition.clone(), self.clock.now());
            self.app.db.call(move |store| store.note_editor_spent(&digest, number, now)).await?;
        }
        Ok(self.written)
    }
}

/// What is to be done after a request.
enum Taken<T> {
    /// It is answered; None if the answer cannot be used.
    Answer(Option<T>),
    /// It is to be asked again.
    Again,
    Nothing,
}

/// About how many tokens a question and its answer have; `source` is what is translated.
fn estimate(prompt: &Prompt, source: &str) -> u64 {
    let width = columns(&prompt.system) + columns(&prompt.user) + columns(source);
    (width / COLUMNS_PER_TOKEN + 100) as u64
}

/// Asks once, in other words if the server wants them.
async fn ask(
    app: &App,
    endpoint: &Endpoint,
    prompt: &Prompt,
    mut dialect: Dialect,
    deadline: Instant,
) -> (Came, Dialect) {
    for _ in 0..3 {
        let left = deadline.saturating_duration_since(Instant::now());
        let posted = Posted {
            url: &endpoint.url,
            key: endpoint.key.as_ref(),
            json: protocol::request(&endpoint.model, prompt, dialect),
            timeout: endpoint.timeout.min(left),
            most_bytes: MOST_BYTES,
        };
        let answer = match app.fetcher.post(&posted, Utc::now()).await {
            Ok(answer) => answer,
            Err(why) => return (Came::Failed(without_key(why, endpoint), None), dialect),
        };
        let came = match protocol::read(answer.status, &answer.bytes, dialect) {
            Said::Answer { text, is_cut_off, tokens } => Came::Answer { text, is_cut_off, tokens },
            Said::Differs(other) => {
                dialect = other;
                continue;
            }
            Said::Busy(why) | Said::Wrong(why) => {
                Came::Failed(without_key(why, endpoint), answer.retry_after)
            }
            Said::Refused(why) => Came::Refused(without_key(why, endpoint)),
        };
        return (came, dialect);
    }
    (Came::Failed("the server takes the question in none of its forms".into(), None), dialect)
}

/// Servers repeat what they were shown.
fn without_key(why: String, endpoint: &Endpoint) -> String {
    match &endpoint.key {
        Some(key) => why.replace(key.reveal(), "…"),
        None => why,
    }
}

async fn note_outage(app: &App, why: &str, clock: &Clock) -> Result<(), Error> {
    let (now, why) = (clock.now(), why.to_owned());
    tracing::warn!("the editor is not asked for a while: {why}");
    let noted = app.db.call(move |store| {
        let failures = store.editor_outage()?.map_or(0, |outage| outage.failures);
        // A minute, two, four, up to an hour.
        let minutes = 2i64.saturating_pow(failures).min(60);
        store.record_editor_outage(&why, now + chrono::Duration::minutes(minutes), now)
    });
    Ok(noted.await?)
}

/// The answers that were given since then, taken over into the database of a configuration: they are paid for.
/// That of a rehearsal is gone at its end.
///
/// # Errors
/// When a store fails.
pub async fn keep_answers(app: &App, since: DateTime<Utc>) -> Result<(), Error> {
    let path = app.config.database.clone();
    if !path.exists() {
        return Ok(());
    }
    let answers = app.db.call(move |store| store.editor_answers_since(since)).await?;
    let kept = off_thread(move || {
        let mut store = Store::open(&path)?;
        store.transaction(|store| {
            answers.iter().try_for_each(|(key, answer)| store.keep_editor_answer(key, answer, since))
        })
    });
    Ok(kept.await??)
}

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
        source: FeedSource::File(name.into()),
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
