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
use crate::config::{Digest, Editor, is_loopback_name};
use crate::editor::protocol::{self, Dialect, Said};
use crate::editor::{self, Kind, Part, Prompt, Source, Summaries, Task, Translation, Unusable, Wishes};
use crate::fetch::{Body, Posted};
use crate::model::{
    Article, ArticleFile, Briefing, Content, Edition, Feed, Images, Secret, Source as FeedSource,
};
use crate::store::{self, AnswerKey, KeptAnswer, Lock, Store};
use crate::text::columns;

/// Tokens of a long answer.
const MOST_ANSWER: u64 = 20_000;
/// A larger answer is none to these questions.
const MOST_BYTES: usize = 1_000_000;
/// So many failures in a row are an outage.
const OUTAGE: usize = 3;
/// So often a question is asked in one round.
const ATTEMPTS: usize = 2;
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

/// Where questions are posted, and how.
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
    let Some(_alone) = alone(app, deadline).await? else { return stopped(Stopped::Time) };
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
    let mut round = Round {
        app,
        edition: (digest.id.clone(), number),
        endpoint,
        most_tokens: own.max_tokens,
        used: used.tokens,
        deadline,
        dialect: Dialect::default(),
        given_up: Vec::new(),
        is_answered: false,
        failures: 0,
        trouble: None,
        last_failure: None,
        lost_bodies: lost,
        lost_articles: HashSet::new(),
        is_short: false,
        clock,
        written: Written::default(),
    };
    round.ask_all(pending).await?;
    if let Some(briefing) = briefing.filter(|_| round.written.stopped.is_none()) {
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

/// A briefing to be asked for.
struct BriefingJob {
    key: AnswerKey,
    sources: Vec<Source>,
    language: String,
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

/// A question to be asked.
struct Job {
    /// The place of its article in the edition.
    article: usize,
    key: AnswerKey,
    task: Task,
    attempts: usize,
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
    /// What the server refused, or left unanswered more than once: for what it is, if the server answers others.
    given_up: Vec<(AnswerKey, String)>,
    /// Whether anything was answered in this round.
    is_answered: bool,
    /// In a row, of questions that were asked one after the other; and why.
    failures: usize,
    trouble: Option<String>,
    last_failure: Option<Instant>,
    /// Articles that cannot be had whole in another language.
    lost_bodies: HashSet<usize>,
    /// Articles that the server does not take.
    lost_articles: HashSet<usize>,
    /// Whether something was left for want of tokens.
    is_short: bool,
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

/// What is to be done after a request.
enum Taken<T> {
    /// It is answered; None if the answer cannot be used.
    Answer(Option<T>),
    Refused,
    Failed,
}

impl Round<'_> {
    async fn ask_all(&mut self, mut pending: VecDeque<Job>) -> Result<(), Error> {
        let mut asking = JoinSet::new();
        let (of, mut reserved, mut done) = (pending.len(), 0, 0);
        loop {
            while asking.len() < self.endpoint.at_once && self.written.stopped.is_none() {
                let Some(job) = pending.pop_front() else { break };
                let is_lost = self.lost_articles.contains(&job.article)
                    || (job.task.kind == Kind::Body && self.lost_bodies.contains(&job.article));
                if is_lost || !self.is_time_left() {
                    continue;
                }
                let prompt = job.task.prompt();
                let estimate = estimate(&prompt, &job.task.text);
                if !self.has_room(reserved + estimate) {
                    // What is under way may need less than was reserved for it.
                    if asking.is_empty() {
                        self.is_short = true;
                        continue;
                    }
                    pending.push_front(job);
                    break;
                }
                reserved += estimate;
                let (app, endpoint, dialect, deadline) =
                    (self.app.clone(), self.endpoint.clone(), self.dialect, self.deadline);
                asking.spawn(async move {
                    let begun = Instant::now();
                    let (came, dialect) = ask(&app, &endpoint, &prompt, dialect, deadline).await;
                    (job, estimate, begun, came, dialect)
                });
            }
            let Some(asked) = asking.join_next().await else { break };
            let (job, estimate, begun, came, dialect) = asked.map_err(|_| Error::Interrupted)?;
            reserved -= estimate;
            self.dialect = dialect;
            let Job { article, key, task, attempts } = job;
            let checked = {
                let task = task.clone();
                move |text: String| editor::check(&task, &text, article::language_of)
            };
            match self.take(key, estimate, begun, came, checked).await? {
                Taken::Answer(Some(text)) => self.keep(key, KeptAnswer::Usable(text)).await?,
                Taken::Answer(None) if task.kind == Kind::Body => {
                    self.lost_bodies.insert(article);
                }
                Taken::Answer(None) => {}
                Taken::Refused => {
                    self.lost_articles.insert(article);
                }
                Taken::Failed if attempts + 1 < ATTEMPTS => {
                    // Behind the others: it may be what the server cannot do in time.
                    pending.push_back(Job { article, key, task, attempts: attempts + 1 });
                }
                Taken::Failed => self.given_up.push((key, "the server does not answer it".into())),
            }
            done += 1;
            self.app.progress.at(Step::Written { done: done.min(of), of });
        }
        Ok(())
    }

    async fn ask_briefing(&mut self, briefing: BriefingJob) -> Result<(), Error> {
        let BriefingJob { key, sources, language } = briefing;
        let prompt = editor::briefing_prompt(&sources, &language);
        let estimate = estimate(&prompt, "");
        let sources = Arc::new(sources);
        for _ in 0..ATTEMPTS {
            if !self.is_time_left() {
                return Ok(());
            }
            if !self.has_room(estimate) {
                self.is_short = true;
                return Ok(());
            }
            let begun = Instant::now();
            let (came, dialect) = ask(self.app, &self.endpoint, &prompt, self.dialect, self.deadline).await;
            self.dialect = dialect;
            let checked = {
                let (sources, language) = (Arc::clone(&sources), language.clone());
                move |text: String| editor::check_briefing(&sources, &text, &language, article::language_of)
            };
            match self.take(key, estimate, begun, came, checked).await? {
                Taken::Answer(Some(sentences)) => {
                    let (digest, number) = self.edition.clone();
                    let keep = move |store: &Store| store.keep_briefing((&digest, number), &key, &sentences);
                    return self.record(keep).await;
                }
                Taken::Failed if self.written.stopped.is_none() => {}
                Taken::Answer(None) | Taken::Refused | Taken::Failed => return Ok(()),
            }
        }
        Ok(())
    }

    fn is_time_left(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            self.written.stopped.get_or_insert(Stopped::Time);
        }
        self.written.stopped.is_none()
    }

    fn has_room(&self, tokens: u64) -> bool {
        self.used.saturating_add(tokens) <= self.most_tokens
    }

    /// Counts what a request came to, and keeps why an answer is not used.
    async fn take<T: Send + 'static>(
        &mut self,
        key: AnswerKey,
        estimate: u64,
        begun: Instant,
        came: Came,
        checked: impl FnOnce(String) -> Result<T, Unusable> + Send + 'static,
    ) -> Result<Taken<T>, Error> {
        match came {
            Came::Answer { text, is_cut_off, tokens } => {
                self.failures = 0;
                self.is_answered = true;
                self.keep_given_up().await?;
                let answer =
                    if is_cut_off { Err(Unusable::CutOff) } else { off_thread(|| checked(text)).await? };
                // No answer has many more tokens than could be asked for, whatever the server says.
                let most = estimate.saturating_mul(4) + MOST_ANSWER;
                self.count(tokens.unwrap_or(estimate).min(most), answer.is_ok()).await?;
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
                self.given_up.push((key, why.clone()));
                if self.is_answered {
                    self.keep_given_up().await?;
                } else {
                    self.fail(why, begun, Some(Duration::ZERO)).await?;
                }
                Ok(Taken::Refused)
            }
            Came::Failed(why, wait) => {
                self.count(0, false).await?;
                if self.is_time_left() {
                    self.fail(why, begun, wait).await?;
                }
                Ok(Taken::Failed)
            }
        }
    }

    /// Pauses after a failure; after some in a row it is an outage.
    async fn fail(&mut self, why: String, begun: Instant, wait: Option<Duration>) -> Result<(), Error> {
        // Questions that were under way together fail together.
        if self.last_failure.is_none_or(|last| begun >= last) {
            self.failures += 1;
        }
        self.last_failure = Some(Instant::now());
        self.trouble = Some(why.clone());
        let pause = wait.unwrap_or(PAUSE);
        if self.failures >= OUTAGE || pause > LONGEST_PAUSE {
            self.given_up.clear();
            note_outage(self.app, &why, wait, self.clock).await?;
            self.written.stopped = Some(Stopped::Outage(why));
        } else if Instant::now() + pause >= self.deadline {
            self.written.stopped = Some(Stopped::Time);
        } else {
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// The server answers others: what it gave up on is kept as unusable.
    async fn keep_given_up(&mut self) -> Result<(), Error> {
        for (key, why) in std::mem::take(&mut self.given_up) {
            self.keep(key, KeptAnswer::Unusable(why)).await?;
        }
        Ok(())
    }

    async fn count(&mut self, tokens: u64, is_usable: bool) -> Result<(), Error> {
        self.written.requests += 1;
        self.written.tokens += tokens;
        self.written.unusable += usize::from(!is_usable);
        self.used += tokens;
        let (digest, number) = self.edition.clone();
        self.record(move |store| store.count_editor_use(&digest, number, tokens, is_usable)).await
    }

    async fn keep(&self, key: AnswerKey, answer: KeptAnswer) -> Result<(), Error> {
        let now = self.clock.now();
        self.record(move |store| store.keep_editor_answer(&key, &answer, now)).await
    }

    /// Writes into the database, and into the one behind a rehearsal: what was paid for is kept.
    async fn record(
        &self,
        write: impl Fn(&Store) -> store::Result<()> + Clone + Send + 'static,
    ) -> Result<(), Error> {
        if let Some(paid) = &self.app.paid {
            let write = write.clone();
            paid.call(move |store| write(store)).await?;
        }
        Ok(self.app.db.call(move |store| write(store)).await?)
    }

    async fn end(mut self) -> Result<Written, Error> {
        if let Some(why) = self.trouble.take().filter(|_| !self.is_answered && self.written.stopped.is_none())
        {
            // However few questions there were, it answered none.
            note_outage(self.app, &why, None, self.clock).await?;
            self.written.stopped = Some(Stopped::Outage(why));
        }
        if self.is_answered && !matches!(self.written.stopped, Some(Stopped::Outage(_))) {
            self.record(Store::end_editor_outage).await?;
        }
        if self.is_short {
            self.written.stopped.get_or_insert(Stopped::Budget);
            let ((digest, number), now) = (self.edition.clone(), self.clock.now());
            self.record(move |store| store.note_editor_spent(&digest, number, now)).await?;
        }
        Ok(self.written)
    }
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
            Err(why) => return (Came::Failed(without_key(&why, endpoint), None), dialect),
        };
        // Servers repeat what they were shown.
        let body = without_key(&String::from_utf8_lossy(&answer.bytes), endpoint);
        let came = match protocol::read(answer.status, &body, dialect) {
            Said::Answer { text, is_cut_off, tokens } => Came::Answer { text, is_cut_off, tokens },
            Said::Differs(other) => {
                dialect = other;
                continue;
            }
            Said::Busy(why) | Said::Wrong(why) => Came::Failed(why, answer.retry_after),
            Said::Refused(why) => Came::Refused(why),
        };
        return (came, dialect);
    }
    (Came::Failed("the server takes the question in none of its forms".into(), None), dialect)
}

fn without_key(text: &str, endpoint: &Endpoint) -> String {
    match &endpoint.key {
        Some(key) => text.replace(key.reveal(), "…"),
        None => text.to_owned(),
    }
}

async fn note_outage(app: &App, why: &str, wait: Option<Duration>, clock: &Clock) -> Result<(), Error> {
    let (now, why) = (clock.now(), why.to_owned());
    tracing::warn!("the editor is not asked for a while: {why}");
    let asked_for = wait.and_then(|wait| chrono::Duration::from_std(wait).ok()).unwrap_or_default();
    let noted = app.db.call(move |store| {
        let failures = store.editor_outage()?.map_or(0, |outage| outage.failures);
        // A minute, two, four, up to an hour; as long as the server asks for, up to a day.
        let own = chrono::Duration::minutes(2i64.saturating_pow(failures).min(60));
        let pause = own.max(asked_for.min(chrono::Duration::days(1)));
        store.record_editor_outage(&why, now + pause, now)
    });
    Ok(noted.await?)
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
