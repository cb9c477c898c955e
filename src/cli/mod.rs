//! The command line. One short file per command; clap lives here only.
//!
//! Data goes to stdout, everything else to stderr. A command says how it went by its exit
//! code: 0 done, 1 something failed (and was named), 2 usage or configuration; `receive`,
//! which mail systems call, says 75 when they should come again.

mod archive;
mod check;
mod collect;
mod description;
mod dkim;
mod editions;
mod editor;
mod feeds;
mod init;
mod logging;
mod opml;
mod outbox;
mod parse;
mod preview;
mod progress;
mod receive;
mod recipients;
mod replay;
mod report;
mod run;
mod schedule;
mod send;
mod shell;
mod status;
mod try_feeds;

use std::future::Future;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::app::dispatch::{FAREWELL, Report as DispatchReport, When, dispatch};
use crate::app::{App, Clock};
use crate::config::{self, Config};

#[derive(Parser)]
#[command(name = "tidings", version, about = "Your daily news by email", max_term_width = 90)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// The configuration [default: ./digest.toml, then the user's, then /etc/tidings/digest.toml]
    #[arg(long, global = true, value_name = "FILE", env = "TIDINGS_CONFIG")]
    config: Option<PathBuf>,
    /// Print JSON instead of words
    #[arg(long, global = true)]
    json: bool,
    /// Say more on stderr; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// How log lines on stderr look
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    log_format: logging::LogFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Show a digest of any page or feed, without a configuration
    Try(try_feeds::Arguments),
    /// Make a first configuration
    Init(init::Arguments),
    /// The feeds of the configuration: list them, find and add one, take one out, try one
    #[command(subcommand)]
    Feeds(feeds::Action),
    /// Lists of feeds, as feed readers have them
    #[command(subcommand)]
    Opml(opml::Action),
    /// Write what the feeds brought as Markdown files, with a list for each feed
    Archive(archive::Arguments),
    /// Show the editions that the articles of an archive would have made, changing nothing
    Replay(replay::Arguments),
    /// Look for mistakes in the configuration, then try each feed and the mail server
    Check(check::Arguments),
    /// Show the edition that would be sent, changing nothing
    Preview(preview::Arguments),
    /// Collect, publish and deliver once, now
    Send(send::Arguments),
    /// Keep running: collect, publish and deliver when it is time
    Run,
    /// Poll the feeds whose time has come
    Collect(collect::Arguments),
    /// How the feeds are, when the next editions are due, and what waits in the outbox
    Status(status::Arguments),
    /// When the next editions are due, in their zone and in UTC
    Schedule(schedule::Arguments),
    /// Mails that wait or were lost: list them, try them again, drop them
    #[command(subcommand)]
    Outbox(outbox::Action),
    /// The language model that writes summaries and translations: try it
    #[command(subcommand)]
    Editor(editor::Action),
    /// Editions that were published: list them, show one, send one again
    #[command(subcommand)]
    Editions(editions::Action),
    /// Who gets mails, who has left or is suspended, and how to change that
    #[command(subcommand)]
    Recipients(recipients::Action),
    /// Take in a message that came back (a bounce, a complaint, a request to leave) from stdin
    Receive(receive::Arguments),
    /// Keys that sign the mails
    #[command(subcommand)]
    Dkim(dkim::Action),
    /// Print what tidings makes of one feed document, as JSON
    Parse(parse::Arguments),
    /// Print what a shell needs to complete commands
    Completions(shell::Arguments),
    /// Print the manual page
    Man,
    /// Print the JSON Schema of the configuration, for editors
    Schema,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done,
    /// Something failed, and was named.
    Failed,
    /// The configuration refers to what is not there.
    Unusable,
}

/// Runs the program.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let level = match &arguments.command {
        Command::Run => logging::Level::Events,
        _ => logging::Level::Warnings,
    };
    let logging = logging::start(
        level,
        arguments.common.verbose,
        arguments.common.quiet,
        arguments.common.json,
        arguments.common.log_format,
    );
    let common = &arguments.common;
    let ending = match arguments.command {
        Command::Try(a) => try_feeds::run(common, &a),
        Command::Init(a) => init::run(common, &a),
        Command::Feeds(a) => feeds::run(common, &a),
        Command::Opml(a) => opml::run(common, &a),
        Command::Archive(a) => archive::run(common, &a),
        Command::Replay(a) => replay::run(common, &a),
        Command::Check(a) => check::run(common, &a),
        Command::Preview(a) => preview::run(common, &a),
        Command::Send(a) => send::run(common, &a),
        Command::Run => run::run(common),
        Command::Collect(a) => collect::run(common, &a),
        Command::Status(a) => status::run(common, &a),
        Command::Schedule(a) => schedule::run(common, &a),
        Command::Outbox(a) => outbox::run(common, &a),
        Command::Editor(a) => editor::run(common, &a),
        Command::Editions(a) => editions::run(common, &a),
        Command::Recipients(a) => recipients::run(common, &a),
        Command::Receive(a) => receive::run(common, &a),
        Command::Dkim(a) => dkim::run(common, &a),
        Command::Parse(a) => parse::run(&a),
        Command::Completions(a) => shell::completions(&a),
        Command::Man => shell::man(),
        Command::Schema => shell::schema(),
    };
    drop(logging);
    match ending {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::FAILURE,
        Ok(Ending::Unusable) => ExitCode::from(2),
        Err(e) => {
            let (code, words) = described(&e);
            // Nobody is left to tell when stderr is gone too.
            let _ = writeln!(std::io::stderr(), "{words}");
            ExitCode::from(code)
        }
    }
}

/// The exit code for an error, and what is said of it.
fn described(e: &anyhow::Error) -> (u8, String) {
    match e.downcast_ref::<config::Error>() {
        Some(config::Error::Invalid(invalid)) => (2, invalid.render(logging::is_coloured())),
        Some(e) => (2, format!("error: {e}")),
        None if e.is::<Usage>() => (2, format!("error: {e}")),
        None if e.is::<TryLater>() => (TEMPFAIL, format!("error: {e}")),
        None => (1, format!("error: {e:#}")),
    }
}

/// What the person asked for cannot be, whatever the state of the world.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// For a mail system, which is to keep its message and come again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct TryLater(String);

/// `EX_TEMPFAIL` of `sysexits.h`.
const TEMPFAIL: u8 = 75;

impl From<crate::app::Error> for Usage {
    fn from(e: crate::app::Error) -> Self {
        Self(e.to_string())
    }
}

/// Whether everything is there that mails cannot leave without.
///
/// # Errors
/// What is not, by file and line.
fn ready(config: &Config) -> Result<(), Usage> {
    let missing: Vec<_> = config.unmet().filter(|unmet| unmet.stops_mail).collect();
    let lines: Vec<_> = missing.iter().map(|unmet| format!("{}: {}", unmet.place, unmet.what)).collect();
    if lines.is_empty() { Ok(()) } else { Err(Usage(lines.join("\nerror: "))) }
}

impl Common {
    fn load(&self) -> anyhow::Result<Config> {
        let path = config::locate(self.config.as_deref()).map_err(Usage)?;
        Ok(Config::load(&path)?)
    }

    /// Whether a report in words is wanted of what went well, or did not.
    fn reports(&self, went_well: bool) -> bool {
        let silent = self.json || (self.quiet && went_well);
        !silent
    }
}

/// `--now`
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    text.parse().map_err(|_| "a time looks like 2026-11-22T07:30:00Z".into())
}

fn clock(now: Option<DateTime<Utc>>) -> Clock {
    now.map_or(Clock::System, Clock::stopped)
}

/// For tasks that were dropped to clean up after themselves: a command's processes are killed.
const LAST_TASKS: Duration = Duration::from_millis(300);

/// Runs a job to its end. What still waits for a file or a name by then is left to end with the
/// program.
fn block_on<T, E: Into<anyhow::Error>>(job: impl Future<Output = Result<T, E>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(job);
    runtime.shutdown_timeout(LAST_TASKS);
    done.map_err(Into::into)
}

/// Runs work that leaves nothing half done when it is dropped, until it is done or somebody raises
/// `stop`.
async fn unless_stopped<T, E: Into<anyhow::Error>>(
    stop: &watch::Receiver<bool>,
    work: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    let mut stop = stop.clone();
    tokio::select! {
        done = work => done.map_err(Into::into),
        // An error means that nobody is left to raise it.
        Ok(_) = stop.wait_for(|raised| *raised) => Err(anyhow::anyhow!("stopped before it was done")),
    }
}

/// [`block_on`] for work that leaves nothing half done: a signal to stop ends it and what it started.
fn block_on_stoppable<T, E: Into<anyhow::Error>>(
    work: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    block_on(async { unless_stopped(&stop_signal()?, work).await })
}

/// Sends what is to be sent; after a signal to stop, for as long as the mails in hand are given.
async fn deliver(
    app: &App,
    when: When,
    clock: &Clock,
    stop: &watch::Receiver<bool>,
) -> anyhow::Result<DispatchReport> {
    let mut stopped = stop.clone();
    let no_time_left = async {
        match stopped.wait_for(|raised| *raised).await {
            Ok(_) => tokio::time::sleep(FAREWELL).await,
            // Nobody is left to raise it.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        dispatched = dispatch(app, when, clock, stop) => Ok(dispatched?),
        () = no_time_left => Err(anyhow::anyhow!("stopped in the middle of a mail, whose end is unknown")),
    }
}

/// Raised by SIGTERM and Ctrl-C, so that the mail in hand can be finished. The second one
/// is not caught.
fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (raise, stop) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        // Nobody listens any more only when the work is over anyway.
        let _ = raise.send(true);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(stop)
}

/// Counts the SIGHUPs, each of which asks to read the configuration again.
fn reload_signal() -> anyhow::Result<watch::Receiver<u64>> {
    let (count, reload) = watch::channel(0);
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            count.send_modify(|n| *n += 1);
        }
    });
    Ok(reload)
}

/// Prints data. A reader that has seen enough (`tidings … | head`) is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(()),
    }
}

fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}
