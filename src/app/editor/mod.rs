//! What a language model writes into editions. [`write`] asks it, ahead of an edition and never in its way;
//! [`apply`] puts what was answered by then into an edition. Whatever becomes of the one, the other goes on
//! without it: an endpoint that is down, slow or talks nonsense costs an edition nothing.

mod round;
mod trial;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::draft::lay_out;
use super::{App, Clock, Error, off_thread};
use crate::article;
use crate::config::Digest;
use crate::editor::{self, Kind, Part, Source, Summaries, Task, Translation, Wishes};
use crate::model::{Article, Briefing, Edition};
use crate::store::{self, AnswerKey, KeptAnswer, Lock};
use round::{BriefingJob, Endpoint, Job, Round, note_outage};

pub use trial::{Trial, article_of, try_out};

/// No round of asking takes longer.
const LATELY: chrono::Duration = chrono::Duration::hours(2);

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
    /// Another process asked all the while.
    Elsewhere,
    /// The tokens of the edition are spent.
    Budget,
    /// The server does not answer, or not as it should.
    Outage(String),
}

/// An article of an edition, and what it needs.
struct Planned {
    part: Part,
    language: String,
}

/// The articles of an edition into which may be written: those that lead stories, and those that changed after
/// they were mailed. Of the others an outlet's name is all that most readers see.
fn articles(edition: &Edition) -> impl Iterator<Item = (&Article, Role)> {
    let leads = edition.stories().map(|placed| (&placed.story.lead, Role::Lead));
    leads.chain(edition.updated.iter().map(|update| (&update.article, Role::Update)))
}

/// The same, to be changed.
fn change_articles(edition: &mut Edition, mut change: impl FnMut(&mut Article)) {
    let Edition { sections, updated, .. } = edition;
    let stories = sections.iter_mut().flat_map(|section| &mut section.stories);
    stories.for_each(|placed| change(&mut Arc::make_mut(&mut placed.story).lead));
    updated.iter_mut().for_each(|update| change(&mut update.article));
}

/// What an article is in an edition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Lead,
    /// A note, of which its title is all that is shown.
    Update,
}

/// The edition, and what each of its articles needs.
async fn planned(
    app: &App,
    digest: &Digest,
    edition: Edition,
) -> Result<(Edition, Vec<Option<Planned>>), Error> {
    let (config, digest) = (Arc::clone(&app.config), digest.clone());
    off_thread(move || {
        let needs = |(article, role): (&Article, Role)| {
            let mut wishes = config.wishes(&digest, &article.feed, &edition.language)?;
            if role == Role::Update {
                wishes.summaries = Summaries::Never;
                wishes.translation = wishes.translation.min(Translation::Titles);
            }
            Some(Planned { part: part(article, &wishes), language: wishes.language })
        };
        let planned = articles(&edition).map(needs).collect();
        (edition, planned)
    })
    .await
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
pub(super) async fn apply(app: &App, digest: &Digest, whole: Edition) -> Result<Edition, Error> {
    let Some((settings, own)) = app.config.editor.as_ref().zip(digest.editor.as_ref()) else {
        return Ok(whole);
    };
    let (mut whole, planned) = planned(app, digest, whole).await?;
    let model = settings.model.clone();
    let tasks = planned.iter().flatten().flat_map(|planned| planned.part.tasks());
    let keys: Vec<AnswerKey> = tasks.map(|task| task.key(&model)).collect();
    let (id, number, wants_briefing) = (digest.id.clone(), whole.number, own.briefing);
    let known = app.db.call(move |store| {
        let briefing = if wants_briefing { store.briefing(&id, number)? } else { None };
        Ok::<_, store::Error>((store.editor_answers(&keys)?, briefing))
    });
    let (known, briefing) = known.await?;
    let language = app.config.editor_language(digest, &whole.language);
    off_thread(move || {
        // What the outlets wrote, before it is replaced.
        let sentences = briefing.map(|(_, sentences)| sentences).unwrap_or_default();
        let sources: Vec<Source> = whole.stories().map(|placed| source(&placed.story.lead)).collect();
        if !sentences.is_empty() && editor::still_holds(&sentences, &sources, &language, article::language_of)
        {
            whole.briefing = Some(Briefing { language, sentences });
        }
        let answer = |task: &Task| match known.get(&task.key(&model)) {
            Some(KeptAnswer::Usable(text)) => Some(text.clone()),
            Some(KeptAnswer::Unusable(_)) | None => None,
        };
        let mut planned = planned.into_iter();
        let mut is_written = whole.briefing.is_some();
        change_articles(&mut whole, |article| {
            if let Some(Planned { part, language }) = planned.next().flatten() {
                is_written |= editor::apply(article, &part, &language, answer, article::replace_segments);
            }
        });
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

/// Asks for what the digest's next edition needs and is not known yet. One process at a time does: two would
/// pay for the same.
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
    let stopped = |stopped| Ok(Written { stopped: Some(stopped), ..Written::default() });
    let Some((settings, own)) = app.config.editor.as_ref().zip(digest.editor.as_ref()) else {
        return Ok(Written::default());
    };
    let deadline = Instant::now() + eagerness.patience;
    let outage = app.db.call(|store| store.editor_outage()).await?;
    if let Some(outage) = outage.filter(|outage| outage.retry > clock.now() && !eagerness.is_wanted_now) {
        return stopped(Stopped::Outage(outage.why));
    }
    let Some(_alone) = alone(app, deadline).await? else { return stopped(Stopped::Elsewhere) };
    catch_up(app, digest).await?;
    let Some(laid_out) = lay_out(app, digest, due, clock).await? else { return Ok(Written::default()) };
    let (whole, planned) = planned(app, digest, laid_out.whole).await?;
    let number = whole.number;
    let mut seen = HashSet::new();
    let tasks = planned.into_iter().flatten().enumerate().flat_map(|(article, planned)| {
        let tasks: Vec<Task> = planned.part.tasks().cloned().collect();
        tasks.into_iter().map(move |task| (article, task))
    });
    let jobs: Vec<Job> = tasks
        .map(|(article, task)| Job { article, key: task.key(&settings.model), task, attempts: 0 })
        .filter(|job| seen.insert(job.key))
        .collect();
    let (id, keys) = (digest.id.clone(), jobs.iter().map(|job| job.key).collect::<Vec<_>>());
    let known = app.db.call(move |store| {
        Ok::<_, store::Error>((store.editor_answers(&keys)?, store.editor_use(&id, number)?))
    });
    let (known, used) = known.await?;
    // Half a translated body is of no use.
    let is_unusable = |job: &&Job| matches!(known.get(&job.key), Some(KeptAnswer::Unusable(_)));
    let bodies = jobs.iter().filter(|job| job.task.kind == Kind::Body);
    let lost: HashSet<usize> = bodies.filter(is_unusable).map(|job| job.article).collect();
    let pending: VecDeque<Job> = jobs.into_iter().filter(|job| !known.contains_key(&job.key)).collect();
    let wants_briefing = own.briefing && eagerness.briefing;
    let briefing =
        if wants_briefing { briefing_of(app, digest, &whole, &settings.model).await? } else { None };
    if pending.is_empty() && briefing.is_none() {
        return Ok(Written::default());
    }
    let endpoint = match Endpoint::of(settings).await {
        Ok(endpoint) => endpoint,
        Err(why) => {
            note_outage(app, &why, None, clock).await?;
            return stopped(Stopped::Outage(why));
        }
    };
    let edition = (digest.id.clone(), number);
    let tokens = (used.tokens, own.max_tokens);
    let mut round = Round::new(app, edition, endpoint, tokens, lost, deadline, clock);
    round.ask_all(pending).await?;
    if let Some(briefing) = briefing.filter(|_| round.goes_on()) {
        round.ask_briefing(briefing).await?;
    }
    round.end().await
}

/// The lock of whoever asks; None if another process has it until the deadline.
async fn alone(app: &App, deadline: Instant) -> Result<Option<Lock>, Error> {
    loop {
        if let Some(lock) = Lock::try_take(&app.config.database, "editor.lock")? {
            return Ok(Some(lock));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A rehearsal learns what was answered since its copy of the database was made.
async fn catch_up(app: &App, digest: &Digest) -> Result<(), Error> {
    let Some(paid) = &app.paid else { return Ok(()) };
    let (id, lately) = (digest.id.clone(), Utc::now() - LATELY);
    let read = paid.call(move |store| {
        let number = store.next_number(&id)?;
        let briefing = store.briefing(&id, number)?;
        Ok::<_, store::Error>((store.editor_answers_since(lately)?, number, briefing))
    });
    let (answers, number, briefing) = read.await?;
    let (id, now) = (digest.id.clone(), Utc::now());
    let taken = app.db.call(move |store| {
        answers.iter().try_for_each(|(key, answer)| store.keep_editor_answer(key, answer, now))?;
        briefing.map_or(Ok(()), |(key, sentences)| store.keep_briefing((&id, number), &key, &sentences))
    });
    Ok(taken.await?)
}

fn source(article: &Article) -> Source {
    Source {
        feed: article.feed.clone(),
        key: article.key,
        language: article.language.clone(),
        title: article.title.clone(),
        text: article.text.clone(),
    }
}

/// What a briefing is asked of, if it is not known.
async fn briefing_of(
    app: &App,
    digest: &Digest,
    whole: &Edition,
    model: &str,
) -> Result<Option<BriefingJob>, Error> {
    let language = app.config.editor_language(digest, &whole.language);
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
    Ok((!is_known.await?).then_some(BriefingJob { key, sources, language }))
}
