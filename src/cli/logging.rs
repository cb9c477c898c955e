//! What is said on stderr, and how. A daemon's lines go through a queue: who reads them may have
//! stopped reading, which must not stop the mail.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// Lines that wait for their reader. What does not fit is not said.
const WAITING_LINES: usize = 4096;
/// At the end, for the lines that still wait.
const LAST_LINES: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// How much a command says when nobody asks for more or less.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Warnings,
    Events,
}

/// Waits a little when dropped, until all has been said.
pub(super) struct Logging(Option<SyncSender<Said>>);

enum Said {
    Line(Vec<u8>),
    /// Answered when all before it has been written.
    End(SyncSender<()>),
}

impl Drop for Logging {
    fn drop(&mut self) {
        let Some(lines) = &self.0 else { return };
        let (written, all) = sync_channel(1);
        if lines.try_send(Said::End(written)).is_ok() {
            let _ = all.recv_timeout(LAST_LINES);
        }
    }
}

/// Takes lines, and never waits.
struct Queue(SyncSender<Said>);

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self.0.try_send(Said::Line(line.to_vec())) {
            Ok(()) | Err(TrySendError::Full(_)) => Ok(line.len()),
            Err(TrySendError::Disconnected(_)) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(lines: &Receiver<Said>) {
    for said in lines {
        match said {
            // A closed stderr is no reason to stop.
            Said::Line(line) => drop(io::stderr().write_all(&line)),
            Said::End(written) => drop(written.send(())),
        }
    }
}

/// Whether stderr shows colours, and nobody asks for none (<https://no-color.org>).
pub(super) fn is_coloured() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal()
        && !is_set("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Begins to say what happens.
pub(super) fn start(level: Level, verbose: u8, quiet: bool, json: bool, format: LogFormat) -> Logging {
    let ours = match (quiet, verbose, level) {
        (true, ..) => "error",
        (_, 0, Level::Warnings) => "warn",
        (_, 0, Level::Events) | (_, 1, Level::Warnings) => "info",
        _ => "debug",
    };
    let others = if verbose >= 2 { "info" } else { "error" };
    // A command that reports to a person names what became of each mail in its report.
    let reported = if level == Level::Warnings && verbose == 0 && !json { "off" } else { ours };
    // What it says of a certificate is said again in words.
    let verifier = if verbose >= 2 { "info" } else { "off" };
    let filter = EnvFilter::new(format!(
        "{others},rustls_platform_verifier={verifier},tidings={ours},tidings::app::dispatch::report={reported}"
    ));
    let (writer, logging) = match level {
        Level::Warnings => (BoxMakeWriter::new(io::stderr), Logging(None)),
        Level::Events => {
            let (lines, waiting) = sync_channel(WAITING_LINES);
            std::thread::spawn(move || write_all(&waiting));
            let queue = lines.clone();
            (BoxMakeWriter::new(move || Queue(queue.clone())), Logging(Some(lines)))
        }
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let started = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        // The daemon's lines need their time; a person at the terminal knows it.
        LogFormat::Text if level == Level::Warnings => {
            builder.without_time().with_target(false).with_ansi(is_coloured()).try_init()
        }
        LogFormat::Text => builder.with_target(false).with_ansi(is_coloured()).try_init(),
    };
    // Only a second call can fail, and there is none.
    drop(started);
    logging
}
