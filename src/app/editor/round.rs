//! One round of asking a language model for an edition: a few questions at once, within its tokens and its time;
//! what fails goes behind the others, and when nothing is answered, it is an outage.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use super::{Stopped, Written};
use crate::app::progress::Step;
use crate::app::{App, Clock, Error, off_thread};
use crate::article;
use crate::config::{Editor, is_loopback_name};
use crate::editor::protocol::{self, Dialect, Said};
use crate::editor::{self, Kind, Prompt, Source, Task, Unusable};
use crate::fetch::Posted;
use crate::model::Secret;
use crate::store::{self, AnswerKey, KeptAnswer, Store};
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

/// Where questions are posted, and how.
#[derive(Clone)]
pub(super) struct Endpoint {
    url: Url,
    model: String,
    key: Option<Secret>,
    pub(super) timeout: Duration,
    at_once: usize,
}

impl Endpoint {
    pub(super) async fn of(editor: &Editor) -> Result<Self, String> {
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

/// A briefing to be asked for.
pub(super) struct BriefingJob {
    pub(super) key: AnswerKey,
    pub(super) sources: Vec<Source>,
    pub(super) language: String,
}

/// A question to be asked.
pub(super) struct Job {
    /// The place of its article in the edition.
    pub(super) article: usize,
    pub(super) key: AnswerKey,
    pub(super) task: Task,
    pub(super) attempts: usize,
}

/// One round of asking for an edition.
pub(super) struct Round<'a> {
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
pub(super) enum Came {
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

impl<'a> Round<'a> {
    /// For an edition that has used so many tokens already; `lost_bodies` are articles of which a part of the body
    /// is known to be unusable.
    pub(super) fn new(
        app: &'a App,
        edition: (String, i64),
        endpoint: Endpoint,
        (used, most_tokens): (u64, u64),
        lost_bodies: HashSet<usize>,
        deadline: Instant,
        clock: &'a Clock,
    ) -> Self {
        Self {
            app,
            edition,
            endpoint,
            most_tokens,
            used,
            deadline,
            dialect: Dialect::default(),
            given_up: Vec::new(),
            is_answered: false,
            failures: 0,
            trouble: None,
            last_failure: None,
            lost_bodies,
            lost_articles: HashSet::new(),
            is_short: false,
            clock,
            written: Written::default(),
        }
    }

    /// Whether nothing has stopped it.
    pub(super) fn goes_on(&self) -> bool {
        self.written.stopped.is_none()
    }
}

impl Round<'_> {
    pub(super) async fn ask_all(&mut self, mut pending: VecDeque<Job>) -> Result<(), Error> {
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

    pub(super) async fn ask_briefing(&mut self, briefing: BriefingJob) -> Result<(), Error> {
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

    pub(super) async fn end(mut self) -> Result<Written, Error> {
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
pub(super) async fn ask(
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

pub(super) async fn note_outage(
    app: &App,
    why: &str,
    wait: Option<Duration>,
    clock: &Clock,
) -> Result<(), Error> {
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
